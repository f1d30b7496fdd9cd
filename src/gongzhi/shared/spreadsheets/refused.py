"""Why a file cannot be read, one class each; what is wrong, why, and how to mend it."""

from __future__ import annotations

from gongzhi.shared.refusals import Unacceptable


class SheetRefused(Unacceptable):
    """A file that cannot be read as a spreadsheet (表格读不了)."""

    code = "spreadsheets.refused"
    message = "这个文件读不了。请另存为xlsx再上传。"
    field = "file"


class TooLarge(SheetRefused):
    code = "spreadsheets.too-large"
    message = "文件有{size}MB，最多收{most}MB。请删掉用不着的工作表和图片，或者分成几个文件上传。"


class UnpacksTooLarge(SheetRefused):
    code = "spreadsheets.unpacks-too-large"
    message = (
        "这个文件展开后大得不合常理，为了安全没有打开。请把要导入的内容复制到一个新工作簿，再上传。"
    )


class PasswordProtected(SheetRefused):
    code = "spreadsheets.password-protected"
    message = "这个工作簿设了打开密码，读不了里面的内容。请用Excel或WPS去掉密码，另存后再上传。"


class NotASpreadsheet(SheetRefused):
    code = "spreadsheets.not-a-spreadsheet"
    message = "这个文件{kind}，不是能导入的表格。请用Excel或WPS打开，另存为xlsx再上传。"


class Damaged(SheetRefused):
    code = "spreadsheets.damaged"
    message = "文件不完整或已经损坏，读不出内容。请用Excel或WPS打开看看，另存为xlsx再上传。"


class NulBytes(SheetRefused):
    code = "spreadsheets.nul-bytes"
    message = (
        "这个文本文件里有空字符（NUL），多半是没有存完或不是文本。请从Excel重新另存为CSV或xlsx。"
    )


class UnknownEncoding(SheetRefused):
    code = "spreadsheets.unknown-encoding"
    message = "认不出这个文本文件的文字编码，读出来会是乱码。请另存为“CSV UTF-8”或xlsx再上传。"


class UnclosedQuote(SheetRefused):
    code = "spreadsheets.unclosed-quote"
    message = (
        "第{row}行附近有一个引号没有收尾，后面的内容分不清列。请补上引号，或者另存为xlsx再上传。"
    )


class EmptySheet(SheetRefused):
    code = "spreadsheets.empty-sheet"
    message = "工作表“{sheet}”里没有可以导入的行。请把表头和内容填上再上传；空白格式可以下载模板。"


class NoSuchSheet(SheetRefused):
    code = "spreadsheets.no-such-sheet"
    message = "文件里没有叫“{sheet}”的工作表，只有：{names}。请重新选一张。"
    field = "sheet"


class NoHeader(SheetRefused):
    code = "spreadsheets.no-header"
    message = "前10行里没有找到表头，不知道哪一列是什么。请照模板，把“{wanted}”等列名写在同一行里。"


class TooManyColumns(SheetRefused):
    code = "spreadsheets.too-many-columns"
    message = (
        "工作表“{sheet}”在{cell}还有内容，最多读100列。请把要导入的列放到前面，删掉后面用不着的列。"
    )


class TooManyRows(SheetRefused):
    code = "spreadsheets.too-many-rows"
    message = (
        "工作表“{sheet}”在{cell}还有内容，最多读199,999行。请删掉那里的内容，或者分成几个文件上传。"
    )


class MergedCells(SheetRefused):
    code = "spreadsheets.merged-cells"
    message = (
        "工作表“{sheet}”里有合并的单元格{ranges}，合并后分不清每一行的内容。"
        "请取消合并，把每一行都填满再上传。"
    )


class BrokenFormulas(SheetRefused):
    code = "spreadsheets.broken-formulas"
    message = (
        "工作表“{sheet}”里有一万多个公式没有结果或者出错（例如{cell}），读不出内容。"
        "请在Excel或WPS里打开算好，全选复制后“选择性粘贴”为数值，再上传。"
    )
