"""Kernels that start warm: forked from one process that has the heavy libraries loaded.

    with warm.kernels() as name: ...     # `name` is a kernel that nbclient, nbval and nbconvert can start

A kernel and its imports are a third of a page's seconds. Here one process imports the libraries once and forks a
kernel for each page, which starts in a fraction of a second. The book's own package is not among them: a page loads
what it uses of it, and its key holds just that (tools/notebooks.py). Where forking is not safe (macOS) or not there,
the name is the plain kernel's.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

#: What pages and the package import, but for the package itself.
LIBRARIES = (
    *("numpy", "array_api_compat.numpy", "array_api_compat.torch", "sklearn.datasets", "ot"),
    *("torch", "torch.func", "torch._decomp", "torch._dynamo"),  # the last two: with the first optimiser or jvp
    *(
        f"scipy.{name}"
        for name in ("integrate", "interpolate", "linalg", "optimize", "sparse", "spatial", "special", "stats")
    ),
    *("sympy", "sympy.stats", "mpmath", "matplotlib.pyplot", "matplotlib.patches", "matplotlib.patheffects"),
    *("anywidget", "ipywidgets", "IPython.display"),
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell"),
)
PLAIN, NAME, ADDRESS = "python3", "few-steps-warm", "FEW_STEPS_WARM"


def supported() -> bool:
    """Say whether processes with these libraries can be forked here."""
    return sys.platform.startswith("linux")


@contextmanager
def kernels() -> Iterator[str]:
    """Keep a warm process at hand; yield the name of the kernel that is forked from it."""
    if not supported():
        yield PLAIN
        return
    with tempfile.TemporaryDirectory(prefix="few-steps-") as folder:
        address = str(Path(folder) / "warm")
        spec = Path(folder) / "kernels" / NAME / "kernel.json"
        spec.parent.mkdir(parents=True)
        argv = [sys.executable, "-S", "-E", __file__, "ask", "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": argv, "display_name": NAME, "language": "python"}))
        command = [sys.executable, __file__, "serve", address]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        old = {name: os.environ.get(name) for name in ("JUPYTER_PATH", ADDRESS)}
        try:
            if server.stdout is None or not server.stdout.readline():
                raise RuntimeError("the process that keeps the libraries loaded did not start: see above")
            os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [folder, old["JUPYTER_PATH"]]))
            os.environ[ADDRESS] = address
            yield NAME
        finally:
            for name, value in old.items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})
            server.kill()
            server.communicate()


def serve(address: str) -> None:
    """Load the libraries; then fork a kernel for everybody who asks, until stdin closes: the caller has ended."""
    # A kernel sets it when it starts; matplotlib reads it when it is imported, which is earlier here.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    for name in LIBRARIES:
        import_module(name)
    if any(name.partition(".")[0] == "fewsteps" for name in sys.modules):
        raise RuntimeError("the warm process must not hold the book's own package")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([door, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            asking, _ = door.accept()
            if os.fork() == 0:
                door.close()
                become_kernel(asking)
            asking.close()


def become_kernel(asking: socket.socket) -> None:
    """Turn this fork into a kernel in the surroundings of whoever asks; end with them."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    wanted = json.loads(asking.makefile().readline())
    streams = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(streams, stream)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    random.seed()
    asking.sendall(b"%d\n" % os.getpid())

    def end_together() -> None:
        with suppress(OSError):
            asking.recv(1)
        os._exit(1)

    threading.Thread(target=end_together, daemon=True).start()
    sys.argv = ["ipykernel_launcher", *wanted["arguments"], "--IPKernelApp.log_level=ERROR"]
    sys.path[0] = ""  # in place of the folder of this file, as in any kernel
    import_module("ipykernel.kernelapp").launch_new_instance()
    os._exit(0)


def ask(arguments: list[str]) -> int:
    """Ask for a kernel and stand for it: pass interrupts on, end when it ends, and when whoever started this ends."""
    # The kernel's parent is the warm process, so it must not watch for the one that started this.
    environment = {name: value for name, value in os.environ.items() if name not in ("JPY_PARENT_PID", "MPLBACKEND")}
    parent = os.getppid()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(os.environ[ADDRESS])
        words = {"folder": str(Path.cwd()), "environment": environment, "arguments": arguments}
        server.sendall(json.dumps(words).encode() + b"\n")
        kernel = int(server.makefile().readline())
        signal.signal(signal.SIGINT, lambda *_: os.kill(kernel, signal.SIGINT))
        while not select.select([server], [], [], 1.0)[0]:
            if os.getppid() != parent:
                return 1
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        sys.exit(ask(sys.argv[2:]))
    serve(sys.argv[2])
