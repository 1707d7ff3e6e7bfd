package dev.whetstone.rollout.gate;

import dev.whetstone.settings.Labelled;
import java.util.Collection;

/** What one criterion, or the gate as a whole, says of a candidate. */
public enum GateVerdict implements Labelled {
  PASS,
  FAIL,
  INCONCLUSIVE;

  /** The worst of the results: FAIL before INCONCLUSIVE before PASS. */
  public static GateVerdict of(Collection<CriterionResult> rows) {
    GateVerdict worst = PASS;
    for (CriterionResult row : rows) {
      switch (row.verdict()) {
        case FAIL -> {
          return FAIL;
        }
        case INCONCLUSIVE -> worst = INCONCLUSIVE;
        case PASS -> {}
      }
    }
    return worst;
  }
}
