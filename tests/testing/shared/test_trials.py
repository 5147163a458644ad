"""Sources in the kit: what is loaded, and what is not."""

from xaiplug.testing import check_model_source
from xaiplug.testing.model_source.examples import Plain, Zoo
from xaiplug.testing.shared.trials import trial


class Shy(Zoo):
    """Names nothing to try."""

    def trial(self, folder):
        return None


def test_a_source_is_made_with_the_parameters_that_it_knows_and_hands_on_the_others():
    with trial(Plain(width=9)) as tried:
        assert tried.source.width == 2
        assert tried.further == {"in_features": 3, "out_features": 2}
        assert tuple(tried.model().network.weight.shape) == (2, 3)


def test_files_of_a_trial_are_there_while_it_lasts():
    class Written(Zoo):
        """Reads what its trial wrote."""

        def trial(self, folder):
            (folder / "mouse").touch()
            self.seen.append(folder / "mouse")
            return "mouse", {}

        seen = []

    with trial(Written()):
        (path,) = Written.seen
        assert path.exists()
    assert not path.exists()


def test_a_source_that_names_nothing_is_skipped_with_its_reason():
    report = check_model_source(Shy())
    assert report.ok
    assert {outcome.status for outcome in report.outcomes} == {"skipped"}
    assert "the kit cannot try it" in report.outcomes[0].detail
