package dev.whetstone.dpo;

import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.network.NetworkSettings;
import java.util.Set;

/** Observes a run and may cancel it. All methods are called on the training thread. */
public interface TrainingListener {
  /** Ignores everything and never cancels. */
  TrainingListener NO_OP = step -> {};

  /** Called after each update. */
  void onStep(StepMetrics step);

  /** Called when a run that chooses its arithmetic has measured which one is faster here. */
  default void onSpeedMeasured(NetworkSettings.MatmulSpeed speed) {}

  /**
   * Called while reference log-probs are computed, before the first step.
   *
   * @param done pairs whose log-probs are known
   * @param all pairs of the run
   */
  default void onReferenceProgress(int done, int all) {}

  /** Called when an evaluation raises alarms. */
  default void onAlarm(int step, Set<EarlyStopping.Alarm> alarms) {}

  /** Asked between two updates: whether the run should stop here. */
  default boolean isCancelled() {
    return false;
  }
}
