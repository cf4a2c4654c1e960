"""lossreport: from the logs of a finished training run to one bilingual report. Read, analyse, compose, render."""

__version__ = "0.1.0"
