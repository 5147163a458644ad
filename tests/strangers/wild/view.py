"""A view in three lines."""

from xaiplug import StudyView
from xaiplug.data.storage import write_atomically


class Tally(StudyView):
    """How many values there are of each metric."""

    file: str = "tally.txt"
    """What it is called."""

    def write(self, study, folder):
        counts = study.results["metric"].value_counts().sort_index()
        text = "".join(f"{' '.join(metric.split())}: {count}\n" for metric, count in counts.items())
        return write_atomically(folder / self.file, lambda beside: beside.write_text(text, encoding="utf-8"))
