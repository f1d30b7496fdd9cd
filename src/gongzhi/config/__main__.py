"""`python -m gongzhi.config COMMAND` does what `gongzhi COMMAND` does."""

from .cli import main

main()
