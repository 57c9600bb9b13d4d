"""Non-compartmental analysis on arrays: many profiles at once, no names of any standard.

A profile is what was measured in one subject after one dose: concentrations over
time.  :class:`Profiles` holds many of them end to end; the functions give one
number a profile, NaN where there is none.

Source: Gabrielsson J, Weiner D, Pharmacokinetic and Pharmacodynamic Data Analysis,
5th edition, 2016, chapter 2.8, for all formulas.
"""

from engine.nca.curves import METHODS, Method, compute_auc, compute_aumc, compute_partial_auc
from engine.nca.observed import Observed, compute_observed
from engine.nca.profiles import Profiles
from engine.nca.samples import (
    RULES,
    BelowRules,
    Samples,
    compute_merged,
    compute_nearest,
    compute_samples,
)
from engine.nca.terminal import Outcome, TerminalRules, TerminalSlope, compute_terminal_slope

__all__ = [
    "METHODS", "RULES", "BelowRules", "Method", "Observed", "Outcome", "Profiles", "Samples",
    "TerminalRules", "TerminalSlope", "compute_auc", "compute_aumc", "compute_merged", "compute_nearest",
    "compute_observed", "compute_partial_auc", "compute_samples", "compute_terminal_slope",
]
