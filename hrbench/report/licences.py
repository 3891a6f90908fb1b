"""The licences that a card on the Hugging Face hub may name.

Source: huggingface.co/docs/hub/repositories-licenses, in October 2026.
"""

from hrbench.errors import HrbenchError, suggest

OTHER = "other"
IDS = (
    *("apache-2.0", "mit", "isc", "zlib", "ncsa", "postgresql", "unlicense", "wtfpl", "ofl-1.1"),
    *("afl-3.0", "artistic-2.0", "bsl-1.0", "ecl-2.0", "lppl-1.3c", "ms-pl", "mpl-2.0", "osl-3.0"),
    *("bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "epl-1.0", "epl-2.0"),
    *("gpl", "gpl-2.0", "gpl-3.0", "lgpl", "lgpl-2.1", "lgpl-3.0", "lgpl-lr", "agpl-3.0", "gfdl"),
    *("eupl-1.1", "eupl-1.2", "etalab-2.0", "c-uda", "odc-by", "odbl", "pddl"),
    *("cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "cc", "cc0-1.0"),
    *("cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0"),
    *("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0"),
    *("cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
    *("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
    *("openrail", "openrail++", "bigscience-openrail-m", "creativeml-openrail-m"),
    *("bigscience-bloom-rail-1.0", "bigcode-openrail-m", "openmdw-1.0", "openmdw-1.1"),
    *("llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma"),
    *("apple-ascl", "apple-amlr", "deepfloyd-if-license", "fair-noncommercial-research-license"),
    *("grok2-community", "h-research", "intel-research", "unknown", OTHER),
)


def require_licence(name: str) -> None:
    """Refuse what the hub takes as no licence.

    Raises:
        HrbenchError: it is none.
    """
    if name in IDS:
        return
    other = (
        f"'{OTHER}' stands for one that huggingface.co/docs/hub/repositories-licenses does not list"
    )
    near = suggest(name, IDS, "")
    hint = f"{near} {other}" if near else other
    raise HrbenchError(f"--license {name}: the hub has no licence of that name. {hint}")
