"""What a configuration names that is not of this wheel: somebody's network, loss, source and data set."""

from collections.abc import Mapping
from typing import Any

from xaiplug_trainers.named import code_of, offered, split

__all__ = ["foreign_code", "network_of"]


def network_of(named: Any) -> str | None:
    """`module:attribute` of a network that is not ours; None of one of ours."""
    name, _ = split(named)
    return name if ":" in name else offered("network").get(name)


def foreign_code(config: Mapping[str, Any]) -> dict[str, str]:
    """What decides the code of the parts that are not ours, which are imported; nothing for ours.

    Raises `DataError` for one that cannot be imported.
    """
    model, dataset = config.get("model", {}), config["data"]["dataset"]
    places = [":".join(dataset["class_path"].rsplit(".", 1))]
    for kind, named in (
        ("network", model.get("network")),
        ("loss", model.get("loss")),
        ("source", dataset.get("init_args", {}).get("source")),
    ):
        name = split(named)[0] if isinstance(named, str | Mapping) else ""
        places.append(name if ":" in name else offered(kind).get(name, ""))
    found: dict[str, str] = {}
    for place in places:
        if place and place.partition(".")[0] != "xaiplug_trainers":
            found |= code_of(place)
    return found
