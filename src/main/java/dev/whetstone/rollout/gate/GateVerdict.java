package dev.whetstone.rollout.gate;

import java.util.Collection;
import java.util.Locale;

/** What one criterion, or all together, say of a candidate. */
public enum GateVerdict {
  PASS,
  FAIL,
  INCONCLUSIVE;

  /** One failure fails; else one open question leaves the whole open. */
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
