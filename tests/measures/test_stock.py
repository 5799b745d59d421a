import pandas as pd
import pytest

from pipelines.measures.stock import mostly_supported

from .frames import home, inputs


def stock(lcra, lcho, settings=None):
    homes = [*(home(f"H{n}") for n in range(lcra)), *(home(f"S{n}", "LCHO") for n in range(lcho))]
    return inputs(homes=homes, settings=settings).stock


@pytest.mark.parametrize(
    ("lcra", "lcho", "blocks"),
    [
        (1200, 1000, ("reported", "reported", "not_required")),
        (1200, 999, ("reported", "not_required", "not_required")),
        (1200, 0, ("reported", "not_applicable", "not_required")),
        (0, 1200, ("not_applicable", "reported", "not_required")),
        (600, 400, ("not_required", "not_required", "reported")),
        (600, 399, ("reported", "not_required", "not_required")),
        (999, 999, ("not_required", "not_required", "reported")),
        (300, 1000, ("reported", "reported", "not_required")),
        (0, 0, ("not_applicable", "not_applicable", "not_required")),
    ],
)
def test_which_populations_are_reported(lcra, lcho, blocks):
    found = stock(lcra, lcho)
    populations = ("LCRA", "LCHO", "COMBINED")
    assert tuple(found.blocks[key] for key in populations) == blocks
    reported = [key for key, block in zip(populations, blocks, strict=True) if block == "reported"]
    assert found.surveyed == reported


def test_the_thresholds_are_settings():
    assert stock(50, 20, {"lcho_threshold": 20, "combined_threshold": 40}).blocks["LCHO"] == "reported"


def test_year_end_stock_counts_homes_owned_on_the_last_day():
    homes = [
        home("H1"),
        home("H2", owned_from=pd.Timestamp("2025-03-31")),
        home("H3", owned_from=pd.Timestamp("2025-04-01")),
        home("H4", owned_to=pd.Timestamp("2025-03-31")),
        home("H5", owned_to=pd.Timestamp("2025-03-30")),
        home("S1", "LCHO"),
        home("L1", "other"),
        home("W1", country="Wales"),
    ]
    assert inputs(homes=homes).stock.counts == {"LCRA": 3, "LCHO": 1}


@pytest.mark.parametrize(
    ("types", "answer"),
    [
        ([], None),
        (["General needs"] * 7 + ["Supported housing"] * 3, False),
        (["General needs"] * 6 + ["Supported housing"] * 4, True),
        # Sheltered homes and those of no stated type could be either: settled only where they cannot matter.
        (["General needs"] * 6 + ["Housing for older people"] * 4, None),
        (["General needs"] * 7 + ["Housing for older people"] * 3, False),
        (["General needs"] * 6 + [None] * 4, None),
        (["Supported housing"] * 4 + [None] * 6, True),
    ],
)
def test_whether_most_homes_are_supported(types, answer):
    homes = [home(f"H{number}", stock_type=kind) for number, kind in enumerate(types)]
    others = [
        home("S1", "LCHO", stock_type="Supported housing"),
        home("H9", stock_type="Supported housing", owned_to=pd.Timestamp("2025-03-30")),
    ]
    assert mostly_supported(inputs(homes=[*homes, *others]).stock) is answer
