package dev.whetstone.dpo;

import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.KlEstimate;
import dev.whetstone.dpo.evaluation.PreferenceMetrics;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.lora.LoraAdapter;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The result of a run.
 *
 * @param adapter the policy; null when all weights were trained, which are then in the run's
 *     directory
 * @param step updates that the policy had; fewer than the run made when an earlier one was better
 * @param validation token log-probs of the validation pairs, under this policy and the reference
 * @param probes token log-probs that an export is compared with: those of the validation pairs, or
 *     of some training pairs when there are none
 * @param metrics of the validation pairs under this policy; null without such pairs
 * @param dropped ids of pairs that truncation would have left without a completion
 * @param ending why the run ended
 * @param scale factor in [0, 1] that the adapter's change of the base was multiplied by, so that it
 *     is within the KL budget; 0 where no factor was small enough, and the adapter is beyond it
 * @param championValidation token log-probs of the validation pairs under the champion; empty where
 *     the base is the champion
 * @param championKl KL(π ‖ π_ref) of the champion
 */
public record TrainingOutcome(
    @Nullable LoraAdapter adapter,
    int step,
    List<PairLogps> validation,
    List<PairLogps> probes,
    @Nullable PreferenceMetrics metrics,
    List<String> dropped,
    Ending ending,
    double scale,
    List<PairLogps> championValidation,
    KlEstimate championKl) {
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
    validation = List.copyOf(validation);
    probes = List.copyOf(probes);
    dropped = List.copyOf(dropped);
    championValidation = List.copyOf(championValidation);
  }

  /** The same outcome with other probes. */
  TrainingOutcome withProbes(List<PairLogps> other) {
    return new TrainingOutcome(
        adapter,
        step,
        validation,
        other,
        metrics,
        dropped,
        ending,
        scale,
        championValidation,
        championKl);
  }
}
