package dev.whetstone.dpo;

import dev.whetstone.dpo.config.LearningRateSchedule;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.Evaluation;
import dev.whetstone.dpo.evaluation.KlEstimate;
import dev.whetstone.dpo.evaluation.MetricsLog;
import dev.whetstone.dpo.evaluation.PreferenceMetrics;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.lora.LoraAdapter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The steps of one job, from its start or its checkpoint to its end: batch, update, evaluation,
 * checkpoint. Runs on one thread, which owns the network.
 */
final class TrainingLoop {
  /** Pairs whose scores go with an adapter, to check its export with. */
  static final int MAX_PROBES = 8;

  /** Evaluations of a run that chooses their interval itself. */
  private static final int MAX_LOOKS = 4;

  /** How often an adapter is scaled down before it counts as beyond the KL budget. */
  private static final int MAX_SCALINGS = 8;

  private static final double MIN_FACTOR = 0.3;
  private static final double MAX_FACTOR = 0.85;

  private final TrainingInputs inputs;
  private final TrainingJob job;
  private final Network network;
  private final TrainStep trainStep;
  private final Checkpoint state;
  private final MetricsLog log;
  private final TrainingListener listener;
  private final EarlyStopping stopping;
  private final BatchOrder order;
  private final LearningRateSchedule schedule;
  private Instant saved;

  TrainingLoop(
      TrainingInputs inputs,
      Network network,
      TrainStep trainStep,
      Checkpoint state,
      MetricsLog log,
      TrainingListener listener) {
    this.inputs = inputs;
    this.job = inputs.job();
    this.network = network;
    this.trainStep = trainStep;
    this.state = state;
    this.log = log;
    this.listener = listener;
    this.stopping = job.config().earlyStopping().relativeTo(inputs.champion().kl().mean());
    this.order = new BatchOrder(inputs.train().pairs(), inputs.ratings(), job.config().batch());
    this.schedule = job.config().schedule(inputs.examples());
    this.saved = now();
  }

  /** Steps until something ends the run, and saves what came of it. */
  TrainingOutcome run() throws IOException {
    if (state.step() == 0 && state.evaluations().isEmpty()) {
      evaluate();
    }
    TrainingOutcome.Ending ending;
    while ((ending = ending()) == null) {
      step();
      if (!now().isBefore(saved.plus(inputs.options().checkpointInterval()))) {
        save();
      }
    }
    save();
    return finish(ending);
  }

  /** Why the run has ended; null while it continues. */
  private TrainingOutcome.@Nullable Ending ending() {
    if (!state.evaluations().isEmpty()) {
      Optional<EarlyStopping.StopReason> stop =
          stopping.judge(state.evaluations(), inputs.validation().pairs().size()).stop();
      if (stop.isPresent()) {
        return TrainingOutcome.Ending.of(stop);
      }
    }
    if (state.step() >= schedule.totalSteps()) {
      return TrainingOutcome.Ending.COMPLETED;
    }
    return listener.isCancelled() ? TrainingOutcome.Ending.CANCELLED : null;
  }

  private void step() throws IOException {
    Instant start = now();
    BatchOrder.Batch batch = order.batch(state.step());
    double rate = job.config().optimizer().learningRate() * schedule.factor(state.step());
    TrainStep.Update update =
        trainStep.update(state.step() + 1, batch.pairs(), batch.ratings(), rate);
    state.advance(batch.fullTokens());
    PreferenceMetrics validationMetrics = isEvaluationDue() ? evaluate() : null;
    StepMetrics metrics =
        new StepMetrics(
            state.step(),
            (double) state.step() / order.stepsPerEpoch(),
            update.metrics(),
            update.ratings(),
            update.tokens(),
            update.gradNorm(),
            rate,
            state.tokens(),
            validationMetrics,
            secondsSince(start));
    log.write(metrics);
    listener.onStep(metrics);
  }

  private Instant now() {
    return inputs.options().clock().instant();
  }

  private double secondsSince(Instant start) {
    return Duration.between(start, now()).toNanos() / 1e9;
  }

  private boolean isEvaluationDue() {
    int interval =
        job.config()
            .validation()
            .evalSteps(inputs.validation().pairs().size(), job.config().batch().batchSize());
    if (job.config().validation().evalSteps().isEmpty()) {
      interval = Math.max(interval, Math.ceilDiv(schedule.totalSteps(), MAX_LOOKS));
    }
    return state.step() == schedule.totalSteps() || (interval > 0 && state.step() % interval == 0);
  }

  /** Evaluates the validation pairs under the current policy; null without any. */
  private @Nullable PreferenceMetrics evaluate() {
    if (inputs.validation().pairs().isEmpty()) {
      return null;
    }
    PreferenceMetrics metrics =
        measure(
            trainStep.score(inputs.validation().pairs()).pairs(),
            kl(state.step(), inputs.estimator().quick()));
    state.evaluations().add(new Evaluation(state.step(), metrics));
    EarlyStopping.Verdict verdict =
        stopping.judge(state.evaluations(), inputs.validation().pairs().size());
    if (job.config().earlyStopping().active() && verdict.bestStep() == state.step()) {
      state.keepBest();
    }
    if (!verdict.alarms().isEmpty()) {
      listener.onAlarm(state.step(), verdict.alarms());
    }
    return metrics;
  }

  /** The metrics of scored validation pairs. */
  private PreferenceMetrics measure(List<PairLogps> scores, KlEstimate kl) {
    PreferenceMetrics metrics = trainStep.metrics(scores);
    return switch (job.config().weights()) {
      // Training has overwritten the base's weights, so sampled answers have no reference.
      case TrainedWeights.All _ -> metrics;
      case TrainedWeights.Lora _ -> metrics.withKl(kl);
    };
  }

  private KlEstimate kl(int step, OnPolicyKlEstimator looks) {
    if (step == 0 && job.init() == null) {
      return KlEstimate.NONE; // a new adapter changes nothing
    }
    return switch (job.config().weights()) {
      // Training has overwritten the base's weights, so sampled answers have no reference.
      case TrainedWeights.All _ -> KlEstimate.NONE;
      case TrainedWeights.Lora _ -> looks.kl(network);
    };
  }

  /**
   * The result's KL after its adapter was scaled down until it is within the budget.
   *
   * @param scale factor that was needed; 0 when none was small enough
   */
  private record Scaled(double scale, KlEstimate kl) {}

  /**
   * Scales the policy down into the KL budget. Between the reference and a trained policy lie
   * better trades of reward and KL than on the way of the training (Ramé et al. 2024, WARP), and no
   * run that learned something ends with nothing.
   */
  private Scaled scaleIntoBudget(int step) {
    KlEstimate kl = kl(step, inputs.estimator());
    if (!stopping.klBudget().active() || job.config().weights() instanceof TrainedWeights.All) {
      return new Scaled(1, kl);
    }
    double scale = 1;
    for (int look = 0; !stopping.klBudget().admits(kl, 0); look++) {
      if (look == MAX_SCALINGS) {
        return new Scaled(0, kl);
      }
      // The KL grows about with the square of the change.
      double factor = Math.sqrt(stopping.klBudget().limit(0) / kl.mean());
      factor = Math.clamp(factor, MIN_FACTOR, MAX_FACTOR);
      state.scaleAdapter(factor);
      network.upload();
      scale *= factor;
      kl = inputs.estimator().kl(network);
    }
    return new Scaled(scale, kl);
  }

  private void save() throws IOException {
    log.force();
    state.save(
        inputs.directory().checkpoint(),
        inputs.directory().fingerprint(inputs.options()),
        inputs.options().network().arithmetic());
    saved = now();
  }

  /** Scores of the first training pairs, to check an export with where no validation pairs are. */
  private List<PairLogps> scoreProbes() {
    return trainStep.score(inputs.trainProbes(MAX_PROBES)).pairs();
  }

  private TrainingOutcome finish(TrainingOutcome.Ending ending) throws IOException {
    int step = state.restoreBest();
    network.upload();
    Scaled scaled =
        ending == TrainingOutcome.Ending.CANCELLED
            ? new Scaled(1, KlEstimate.NONE)
            : scaleIntoBudget(step);
    LoraAdapter adapter =
        switch (job.config().weights()) {
          case TrainedWeights.Lora _ -> network.adapter();
          case TrainedWeights.All _ -> null;
        };
    List<PairLogps> scores =
        inputs.validation().pairs().isEmpty()
            ? List.of()
            : trainStep.score(inputs.validation().pairs()).pairs();
    List<String> dropped = new ArrayList<>(inputs.train().dropped());
    dropped.addAll(inputs.validation().dropped());
    TrainingOutcome outcome =
        new TrainingOutcome(
            adapter,
            step,
            scores,
            scores.isEmpty() ? scoreProbes() : scores,
            scores.isEmpty() ? null : measure(scores, scaled.kl()),
            dropped,
            ending,
            scaled.scale(),
            inputs.champion().validation(),
            inputs.champion().kl());
    if (ending != TrainingOutcome.Ending.CANCELLED) {
      if (adapter == null) {
        inputs.directory().write(trainStep.parameters());
      } else {
        inputs.directory().write(adapter);
      }
      inputs.directory().writeManifest(outcome, inputs.options(), state);
    }
    return outcome;
  }
}
