import data
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.run_cell(f"import lossreport, pathlib\nw = lossreport.watch({data.folder!r}, timeout=200)")
shell.run_cell(
    "for step in range(30): w.log(step=step, loss=3 / (step + 1))\nraise RuntimeError('no such "
    "shard')"
)
shell.run_cell(
    f"assert pathlib.Path({data.folder!r}, 'lossreport.html').exists()\nkept = "
    f"pathlib.Path({data.folder!r}, 'lossreport.html').read_text()"
)
shell.run_cell("assert 'no such shard' in kept")
done = shell.run_cell("1 / 0")
if data.mode == "healthy":
    shell.run_cell(
        "for step in range(30, 60): w.log(step=step, loss=3 / (step + 1))\nw.finish('finished')"
    )
