package dev.whetstone.rollout.gate;

import java.util.Collection;
import java.util.Locale;

/** What one criterion, or the gate as a whole, says of a candidate. */
public enum GateVerdict {
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

  /** Its name in JSON and in the log. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static GateVerdict of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
