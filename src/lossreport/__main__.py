"""`python -m lossreport` is the command `lossreport`."""

from lossreport.cli import main

main()
