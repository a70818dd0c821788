"""The verdict on a loop: how its records went, and the mistakes that explain it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

from torch import Tensor
from torch.optim import Optimizer

from steepest.diagnosis.evidence import Evidence
from steepest.diagnosis.judge import judge
from steepest.diagnosis.thresholds import NEAR
from steepest.diagnosis.verdict import Verdict, of_parts
from steepest.watching.ending import Ending
from steepest.watching.loop_evidence import evidence_of_loop
from steepest.watching.mistakes.diagnose import diagnose, reasons_of, remedies_of
from steepest.watching.mistakes.evidence import Evidence as TrainingEvidence
from steepest.watching.mistakes.finding import Finding
from steepest.watching.record.recorder import Recorder
from steepest.watching.watched_path import WatchedPath
from steepest.wording.fact import fact

# Mistakes of loops that have not come to their minimum.
_STUCK = ("slow direction", "plateau", "updates too small", "oscillation")
# The last layers may have come to rest without the first ones.
_NEVER_BEGAN = ("vanishing gradient",)


@final
@dataclass(frozen=True, eq=False)
class LoopJudge:
    """Judges a loop by its `path`.

    - `exact`: whether the path's problem is what every step minimised
    - `ending` of the block;   `rounding`: the share of a number that it may change it by
    - `mistakes`: finds those that show
    """

    path: WatchedPath
    exact: bool
    optimizers: Sequence[Optimizer]
    recorder: Recorder
    ending: Ending
    rounding: float
    mistakes: Callable[[], list[Finding]]

    def verdict(self) -> Verdict:
        """How the loop went, with the mistakes that show."""
        verdict = self._of_records()
        if verdict.kind == "interrupted":
            return self._explained(verdict)
        verdict = self._with_scaled_loss(verdict)
        findings = self.mistakes()
        stuck = [finding for finding in findings if finding.kind in _STUCK]
        if verdict.kind == "converged" and stuck:
            if any(reason.kind == "stands" for reason in verdict.reasons):
                verdict = replace(verdict, kind="max steps")  # what crawls has not arrived
            else:
                findings = [finding for finding in findings if finding not in stuck]
        if verdict.kind == "converged" and any(each.kind in _NEVER_BEGAN for each in findings):
            verdict = replace(verdict, kind="plateau")
        if not findings:
            return verdict
        reasons = (*verdict.reasons, *reasons_of(findings))
        return replace(verdict, reasons=reasons, suggestions=remedies_of(findings))

    def _with_scaled_loss(self, verdict: Verdict) -> Verdict:
        """With whose factor the objective has, or why there is none."""
        losses, by_scaler = self.recorder.losses, self.recorder.has_scaler
        is_missing = any(reason.kind == "no loss" for reason in verdict.reasons)
        if losses.ever_given or not losses.ever_scaled or by_scaler != is_missing:
            return verdict
        passes = max((each.losses for each in self.recorder.records.thinned()), default=0)
        reason = fact("loss as scaled", by="scaler" if by_scaler else "loop", passes=passes)
        return replace(verdict, reasons=(*verdict.reasons, reason))

    def _explained(self, verdict: Verdict) -> Verdict:
        """With what the error means, and what was no finite number before it."""
        if self.ending.error in ("", "Ctrl-C"):
            return verdict
        broken = [each for each in self.mistakes() if each.kind == "not finite"]
        reasons = (*verdict.reasons, *self.ending.reasons, *reasons_of(broken))
        remedies = (*self.ending.remedies, *remedies_of(broken), *verdict.suggestions)
        return replace(verdict, reasons=reasons, suggestions=remedies)

    def _of_records(self) -> Verdict:
        """Of several optimizers each has a verdict, and the gravest gives its kind to the whole."""
        if len(self.optimizers) == 1 or self.path.stop.rule == "interrupted":
            return judge(self._evidence(0, exact=self.exact))
        parts = {
            curve.name: judge(self._evidence(number))
            for number, curve in enumerate(self.path.objectives)
            if any(record.optimizer == number for record in self.path.records[:-1])
        }
        return of_parts(parts) if parts else judge(self._evidence(0))

    def _evidence(self, number: int, *, exact: bool = False) -> Evidence:
        """What is known of one optimizer's steps."""
        path = self.path
        groups = self.optimizers[number].param_groups
        records = [each for each in path.records if each.last or each.optimizer == number]
        rising = any(group.get("maximize", False) for group in groups)
        if exact:  # where a linear module came to rest is computed
            records[-1] = replace(records[-1], objective=path.last.objective)
        return evidence_of_loop(
            records,
            path.objectives[number],
            path.names,
            path.forecast,
            path.last.gradient if exact and not rising else None,
            path.stop,
            rising=rising,
            momentum=max((float(group.get("momentum", 0.0)) for group in groups), default=0.0),
            rounding=self.rounding,
            opposed=len(self.optimizers) > 1,
            same_rows=self.recorder.inspector.same_rows,
        )


def find_mistakes(
    path: WatchedPath,
    recorder: Recorder,
    named: Sequence[tuple[str, Tensor]],
    loss_fn: Callable[..., Any] | None,
) -> list[Finding]:
    """The mistakes that show in the records, the gravest first."""
    evidence = TrainingEvidence(
        recorder.records.thinned(),
        recorder.parameters.layout,
        recorder.model,
        recorder.optimizers,
        named,
        recorder.inspector.looks,
        recorder.broken.source,
        [recorder.passes.seen(i)[0] or 0 for i in range(len(recorder.optimizers))],
        loss_fn,
        recorder.inspector.batch,
        recorder.faults,
        recorder.others,
        recorder.first_rates,
        path.objectives,
    )
    known = path.problem.is_quadratic  # then the verdict says what a high rate does
    too_high = known and recorder.rates()[0] >= (1.0 - NEAR) * path.forecast.stable_rate
    return diagnose(evidence, {"rate above stable"} if too_high else set())
