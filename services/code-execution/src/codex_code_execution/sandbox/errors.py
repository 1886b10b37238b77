"""What can be wrong with the place that programs are judged in. None of it is ever the program's fault."""


class SandboxError(Exception):
    """The platform failed; nothing is said about the program."""


class SandboxUnavailable(SandboxError):
    """A slot broke or could not be started. Trying again later, on another slot, is right."""


class SandboxTooWeak(SandboxError):
    """This machine can't isolate programs as the settings demand."""


class IsolationRefused(SandboxTooWeak):
    """This machine refuses the namespaces that isolation is made of."""


class RunnerNotBuilt(SandboxError):
    """There is no runner, and it can't be built here."""
