"""Open file descriptors of the whole host, from /proc/sys/fs/file-nr."""

from collections.abc import Iterator

from ..exposition.metric import Metric, gauge
from .collector import Collector


class FileDescriptors(Collector):
    """Reads how many files are open and may be (kernel: Documentation/admin-guide/sysctl/fs.rst)."""

    name = "filefd"

    def collect(self) -> Iterator[Metric]:
        """Yield node_filefd_allocated and node_filefd_maximum."""
        allocated, _, maximum, *_ = self.files.proc("sys/fs/file-nr").split()
        yield gauge("node_filefd_allocated", "File descriptor statistics: allocated.", float(allocated))
        yield gauge("node_filefd_maximum", "File descriptor statistics: maximum.", float(maximum))
