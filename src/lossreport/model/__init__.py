"""The values that flow through lossreport: frozen dataclasses, no behaviour beyond what is read off
their own fields.
"""
