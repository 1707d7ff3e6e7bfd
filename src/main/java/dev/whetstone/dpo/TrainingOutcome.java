package dev.whetstone.dpo;

import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.PreferenceMetrics;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.lora.LoraAdapter;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a run gave.
 *
 * @param adapter the policy; null where all weights were trained, which then lie in the run's
 *     directory
 * @param step updates that the policy had, fewer than were made where an earlier one was better
 * @param heldOut token log-probs of the held-out pairs, by the policy given and by the reference
 * @param probes token log-probs that an export can be held to: those of the held-out pairs, or of
 *     some trained ones where none was held out
 * @param metrics of the held-out pairs under that policy; null without such pairs
 * @param dropped ids of pairs that truncation left without a completion
 * @param ending why the run ended
 */
public record TrainingOutcome(
    @Nullable LoraAdapter adapter,
    int step,
    List<PairLogps> heldOut,
    List<PairLogps> probes,
    @Nullable PreferenceMetrics metrics,
    List<String> dropped,
    Ending ending) {
  /** Why a run ended. */
  public enum Ending {
    COMPLETED,
    CANCELLED,
    KL_BUDGET,
    HELD_OUT_DECLINE;

    static Ending of(Optional<EarlyStopping.StopReason> reason) {
      return reason
          .map(
              stop ->
                  switch (stop) {
                    case KL_BUDGET -> KL_BUDGET;
                    case HELD_OUT_DECLINE -> HELD_OUT_DECLINE;
                  })
          .orElse(COMPLETED);
    }
  }

  public TrainingOutcome {
    heldOut = List.copyOf(heldOut);
    probes = List.copyOf(probes);
    dropped = List.copyOf(dropped);
  }
}
