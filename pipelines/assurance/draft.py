"""The return document of a landlord's year in one go, without Dagster: for `tsm check` and for the proofs.

The assets assemble the same document from what was kept of each stage. Here nothing is kept, so that last
year's figures, confirmations given as acts and the versions of what was made from what are not in it.
"""

from __future__ import annotations

from importlib.metadata import version

import pandas as pd

from pipelines.assurance.compute import Checked, compute_ledgers
from pipelines.assurance.surveys import perception_ledgers, precision_of, statistics_of, tally_weights
from pipelines.measures import figures
from pipelines.measures.ledger import reasons
from pipelines.measures.repairs import context as repairs_context
from pipelines.measures.repairs import other_targets
from pipelines.statutory import Document, ReturnInputs, SurveyEvidence, assemble
from pipelines.survey.last_year import LastYear


def draft_return(checked: Checked) -> Document:
    """Return the document of a year whose records were checked and have no stop finding."""
    rules, inputs = checked.rules, checked.inputs
    ledgers = compute_ledgers(inputs)
    perception = perception_ledgers(ledgers, rules)
    statistics = statistics_of(rules, checked.weighed, perception, LastYear())
    counted = tally_weights(checked.weighed.weights, sorted(rules.weighted))
    surveys = {}
    for population, sample in checked.weighed.samples.items():
        responses = sample.respondents
        if population in counted:
            responses = responses.assign(weight=responses["response_id"].map(counted[population]))
        surveys[population] = SurveyEvidence(
            responses, sample.households, sample.margins_total, statistics.get(population)
        )
    return assemble(
        ReturnInputs(
            edition=rules.edition,
            landlord=rules.landlord,
            year_file=rules.year_file,
            settings=rules.settings,
            figures=figures(ledgers, inputs.stock, rules.edition, precision_of(statistics)),
            reasons=pd.concat(
                [reasons(lines).assign(measure=key) for key, lines in ledgers.items()], ignore_index=True
            ),
            surveys=surveys,
            stock=inputs.stock.counts,
            blocks=inputs.stock.blocks,
            repairs_context=repairs_context(inputs),
            other_targets=other_targets(inputs),
            findings=checked.findings,
            records_summary=checked.summary,
            assets=[],
            software_version=version("tsm-pipeline"),
        )
    )
