"""Text as people type it: cleaning, bigrams for search, near matches, pinyin initials."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Characters that NFKC would turn into half-width ASCII although Chinese text is written with them.
_KEPT = "，；：！？（）～…"
_UNKEPT = re.compile(f"[^{_KEPT}]+")
# Zero-width and direction marks that come along when text is copied from WeChat or a web page.
_UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SPACES = re.compile(r"\s+")

_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
_PLACE_ENDINGS = re.compile(
    "(?:(?:社区|村|居)(?:村民|居民)?(?:委员会|委会)?|街道(?:办事处)?|镇|乡|县|区|市|省)$"
)


def normalize(text: str) -> str:
    """
    Return *text* as it is kept (规整): full-width letters and digits made half-width (NFKC), edges
    trimmed, inner white space made one space, zero-width and control characters and NUL removed.

    Chinese punctuation stays full-width: names such as “志愿服务队（一队）” are kept as written.
    """
    if text.isascii():
        if text.isprintable() and " " not in text:
            return text
    elif not unicodedata.is_normalized("NFKC", text):
        text = _UNKEPT.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
    if not text.isprintable():
        text = _CONTROL.sub("", _UNSEEN.sub("", text))
    return _SPACES.sub(" ", text).strip()


def key(text: str) -> str:
    """Return *text* for comparing names (比对用): NFKC throughout, lower case, no white space."""
    text = unicodedata.normalize("NFKC", normalize(text)).lower()
    return _SPACES.sub("", text)


def _runs(text: str) -> list[str]:
    return _RUNS.findall(unicodedata.normalize("NFKC", normalize(text)).lower())


def bigrams(text: str) -> str:
    """
    Return the search tokens of *text* (二元分词): `青溪社区` gives `青溪 溪社 社区`.

    A single Chinese character and a word of letters or digits is one token; punctuation separates.
    Both databases index these tokens as words: word indexes and trigrams find nothing in Chinese.
    """
    tokens: list[str] = []
    for run in _runs(text):
        if len(run) > 1 and _IS_HAN.match(run):
            tokens += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            tokens.append(run)
    return " ".join(tokens)


def query_bigrams(words: str) -> list[str]:
    """
    Return the tokens that must all be found for *words* typed into a search box (搜索词).

    A token ending in `*` is a prefix: one Chinese character alone, and any word of letters or
    digits, so that the first digits of a code find it. Empty when there is nothing to look for.
    One character finds the words in which another follows it: `青` finds 青溪, `溪` does not.
    """
    tokens: list[str] = []
    for run in _runs(words):
        if len(run) > 1 and _IS_HAN.match(run):
            tokens += [run[i : i + 2] for i in range(len(run) - 1)]
        else:
            tokens.append(run + "*")
    return list(dict.fromkeys(tokens))


def fts5_query(tokens: Iterable[str]) -> str:
    """Return *tokens* of `query_bigrams` as a MATCH expression of SQLite's FTS5 (搜索式)."""
    return " AND ".join(
        f'"{token[:-1]}"*' if token.endswith("*") else f'"{token}"' for token in tokens
    )


def tsquery(tokens: Iterable[str]) -> str:
    """Return *tokens* of `query_bigrams` as a PostgreSQL tsquery, to be cast and not parsed."""
    return " & ".join(
        f"'{token[:-1]}':*" if token.endswith("*") else f"'{token}'" for token in tokens
    )


@lru_cache(maxsize=16_384)
def _stem(name: str) -> str:
    """Drop the ending that says what kind of place it is: people write 十里村 for 十里社区."""
    name = key(name)
    return _PLACE_ENDINGS.sub("", name) or name


def near(text: str, choices: Iterable[str], limit: int = 3, least: float = 60) -> list[str]:
    """
    Return up to *limit* of *choices* that look or sound like *text*, nearest first (相近的).

    Compared without the ending (村, 社区, 街道 …), by spelling, then by sound (扬柳桥 ~ 杨柳桥).
    *least* is the likeness from 0 to 100 below which a choice is not offered.
    """
    from rapidfuzz import fuzz, process

    names = list(dict.fromkeys(choices))
    wanted = _stem(text)
    if not wanted:
        return []
    spelled = process.extract(
        wanted, [_stem(n) for n in names], scorer=fuzz.ratio, limit=limit, score_cutoff=least
    )
    found = [names[index] for _, _, index in spelled]
    if len(found) < limit and _IS_HAN.search(wanted):
        sounds = [pinyin(_stem(n)) for n in names]
        heard = process.extract(
            pinyin(wanted), sounds, scorer=fuzz.ratio, limit=limit, score_cutoff=max(least, 85)
        )
        found += [names[index] for _, _, index in heard]
    return list(dict.fromkeys(found))[:limit]


def pinyin(text: str) -> str:
    """Return *text* in toneless pinyin without spaces (拼音); what is not Chinese stays."""
    return "".join(map(_syllable, key(text)))


def pinyin_initials(text: str) -> str:
    """Return the first letters of the pinyin of *text* (拼音首字母): `青溪社区` gives `qxsq`."""
    return "".join([_syllable(char)[0] for char in key(text)])


# Characters of two readings, as families and places read them.
_READINGS = {"曾": "zeng", "覃": "qin", "都": "du", "重": "chong", "长": "chang", "朝": "chao"}


@lru_cache(maxsize=16_384)
def _syllable(char: str) -> str:
    """Return the reading of one character; by characters a cache makes it 15 times faster."""
    if char in _READINGS or not _IS_HAN.match(char):
        return _READINGS.get(char, char)
    # The phrase dictionary would take 45 MiB of every process, and names are no phrases.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin import lazy_pinyin

    return lazy_pinyin(char)[0]
