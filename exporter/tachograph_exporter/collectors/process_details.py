"""What is asked of watched processes only: I/O, open files, memory of their own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Details:
    """A process's or a group's figures; None where nobody but the owner may read them."""

    read_bytes: int | None = None
    written_bytes: int | None = None
    open_files: int | None = None
    unique_bytes: int | None = None

    def plus(self, other: "Details") -> "Details":
        """Return the sum; what one of the two does not know counts as nothing."""
        return Details(
            _sum(self.read_bytes, other.read_bytes),
            _sum(self.written_bytes, other.written_bytes),
            _sum(self.open_files, other.open_files),
            _sum(self.unique_bytes, other.unique_bytes),
        )

    def after(self, earlier: "Details") -> "Details":
        """Return the same with the counts that were read earlier, where a process that is just ending gave none."""
        return Details(
            earlier.read_bytes if self.read_bytes is None else self.read_bytes,
            earlier.written_bytes if self.written_bytes is None else self.written_bytes,
            self.open_files,
            self.unique_bytes,
        )


def _sum(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other
