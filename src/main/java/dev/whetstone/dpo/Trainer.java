package dev.whetstone.dpo;

import dev.whetstone.dpo.config.LearningRateSchedule;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.data.MicroBatches;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.data.Truncation;
import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.Evaluation;
import dev.whetstone.dpo.evaluation.KlEstimate;
import dev.whetstone.dpo.evaluation.MetricsLog;
import dev.whetstone.dpo.evaluation.PreferenceMetrics;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.network.Parameter;
import dev.whetstone.dpo.reference.FileReferenceCache;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.dpo.reference.ReferenceLogProbs;
import dev.whetstone.dpo.torch.Arithmetic;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.settings.Checks;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Direct Preference Optimization (Rafailov et al. 2023) of an adapter, or of all weights, with the
 * frozen base as reference. The same job gives the same bits on the same machine, however often it
 * is killed and resumed.
 */
public final class Trainer {
  private static final int MAX_PROBES = 8;

  /** Evaluations of a run that chooses their interval itself. */
  private static final int MAX_LOOKS = 4;

  /** How often an adapter is scaled down before it counts as beyond the KL budget. */
  private static final int MAX_SCALINGS = 8;

  private static final double MIN_FACTOR = 0.3;
  private static final double MAX_FACTOR = 0.85;

  private final TrainerOptions options;

  public Trainer(TrainerOptions options) {
    this.options = options;
  }

  /**
   * Runs a job from its start or its checkpoint to its end.
   *
   * @throws IllegalArgumentException when the job's inputs do not fit together or its directory
   *     belongs to another run
   * @throws DivergedException when the loss or the gradient is no longer finite
   */
  public TrainingOutcome run(TrainingJob job, TrainingListener listener) throws IOException {
    int maxLength = Math.min(job.config().batch().maxLength(), job.base().config().contextLength());
    Truncation train = Truncation.of(job.train(), maxLength);
    Truncation validation = Truncation.of(job.validation(), maxLength);
    Checks.require(
        !train.pairs().isEmpty(),
        "no pair has room for its completions in " + maxLength + " tokens");
    RunDirectory directory = RunDirectory.open(job);
    TrainerOptions used = options.with(network(job, directory, listener));
    OnPolicyKlEstimator estimator =
        OnPolicyKlEstimator.of(
            validation.pairs(),
            train.pairs(),
            job.config().batch(),
            job.config().validation().klTemperature(),
            job.base().config());
    PolicyScorer.Champion champion = champion(job, used, validation.pairs(), estimator);
    TrainingOutcome outcome;
    try (Network network = open(job, used.network());
        FileReferenceCache file = FileReferenceCache.open(directory.references())) {
      List<Parameter> parameters = parameters(network, job);
      ReferenceLogProbs references =
          references(job, train.pairs(), validation.pairs(), network, file, listener);
      TrainStep trainStep = new TrainStep(network, parameters, job.config(), references);
      Checkpoint state = new Checkpoint(parameters, trainStep.optimizer());
      if (Files.exists(directory.checkpoint())) {
        state.load(directory.checkpoint(), directory.fingerprint(used));
        network.upload();
      }
      try (MetricsLog log = MetricsLog.after(state.step(), directory.metrics())) {
        Run run =
            new Run(
                used,
                job,
                train,
                validation,
                directory,
                network,
                trainStep,
                state,
                log,
                listener,
                estimator,
                champion);
        outcome = run.run();
        if (!network.storesBfloat16()) {
          return outcome;
        }
      }
    }
    return withExactProbes(job, train, validation, outcome);
  }

  private static Network open(TrainingJob job, NetworkSettings settings) throws IOException {
    return switch (job.config().weights()) {
      case TrainedWeights.Lora _ -> Network.openFrozen(job.base(), settings);
      case TrainedWeights.All _ -> Network.open(job.base(), settings);
    };
  }

  /**
   * Scores the probes again with the base in float32, as the engine has it. The rounded base is
   * freed by now.
   */
  private TrainingOutcome withExactProbes(
      TrainingJob job, Truncation train, Truncation validation, TrainingOutcome outcome)
      throws IOException {
    LoraAdapter adapter = outcome.adapter();
    if (adapter == null || outcome.ending() == TrainingOutcome.Ending.CANCELLED) {
      return outcome;
    }
    List<TokenPair> pairs = validation.pairs().isEmpty() ? train.pairs() : validation.pairs();
    List<TokenPair> first = pairs.subList(0, Math.min(MAX_PROBES, pairs.size()));
    NetworkSettings exact = options.network().withArithmetic(Arithmetic.FLOAT32);
    try (Network network = Network.openFrozen(job.base(), exact)) {
      List<Parameter> parameters = network.adapt(adapter);
      ReferenceLogProbs references =
          ReferenceLogProbs.loadOrCompute(
              job.base().hash(),
              MicroBatches.split(first, job.config().batch().tokenBudget()),
              network,
              ReferenceCache.NONE,
              ReferenceCache.NONE,
              _ -> {});
      TrainStep scorer = new TrainStep(network, parameters, job.config(), references);
      return outcome.withProbes(scorer.score(first).pairs());
    }
  }

  private static PolicyScorer.Champion champion(
      TrainingJob job,
      TrainerOptions options,
      List<TokenPair> validation,
      OnPolicyKlEstimator estimator)
      throws IOException {
    LoraAdapter adapter = job.champion();
    return adapter == null
        ? PolicyScorer.Champion.BASE
        : new PolicyScorer(job.base(), options, job.config().batch())
            .measure(adapter, validation, estimator);
  }

  /** How the network computes. A resumed run keeps the arithmetic that its first start chose. */
  private NetworkSettings network(
      TrainingJob job, RunDirectory directory, TrainingListener listener) throws IOException {
    NetworkSettings network = options.network();
    return switch (job.config().computeDtype()) {
      case FLOAT32 -> network.withArithmetic(Arithmetic.FLOAT32);
      case BFLOAT16 -> network.withArithmetic(Arithmetic.BFLOAT16);
      case AUTO -> {
        if (Files.exists(directory.checkpoint())) {
          yield network.withArithmetic(Checkpoint.arithmetic(directory.checkpoint()));
        }
        NetworkSettings.MatmulSpeed speed = network.measureMatmulSpeed(job.base().config());
        listener.onSpeedMeasured(speed);
        yield network.withArithmetic(speed.faster());
      }
    };
  }

  private static List<Parameter> parameters(Network network, TrainingJob job) {
    LoraAdapter init = job.init();
    return switch (job.config().weights()) {
      case TrainedWeights.Lora lora ->
          network.adapt(
              init == null
                  ? LoraInit.of(job.base().config(), lora, job.config().batch().seed())
                  : init);
      case TrainedWeights.All _ -> {
        Checks.require(init == null, "a run over all weights cannot start from an adapter");
        yield network.unfreeze();
      }
    };
  }

  private ReferenceLogProbs references(
      TrainingJob job,
      List<TokenPair> train,
      List<TokenPair> validation,
      Network network,
      ReferenceCache file,
      TrainingListener listener) {
    List<TokenPair> all = new ArrayList<>(train);
    all.addAll(validation);
    return ReferenceLogProbs.loadOrCompute(
        job.base().hash(),
        MicroBatches.split(all, job.config().batch().tokenBudget()),
        network,
        file,
        options.cache(),
        done -> listener.onReferenceProgress(done, all.size()));
  }

  /** The state of one job while it runs. */
  private static final class Run {
    private final TrainerOptions options;
    private final TrainingJob job;
    private final Truncation train;
    private final Truncation validation;
    private final RunDirectory directory;
    private final Network network;
    private final TrainStep trainStep;
    private final Checkpoint state;
    private final MetricsLog log;
    private final TrainingListener listener;
    private final OnPolicyKlEstimator estimator;
    private final PolicyScorer.Champion champion;
    private final EarlyStopping stopping;
    private final BatchOrder order;
    private final LearningRateSchedule schedule;
    private Instant saved;

    Run(
        TrainerOptions options,
        TrainingJob job,
        Truncation train,
        Truncation validation,
        RunDirectory directory,
        Network network,
        TrainStep trainStep,
        Checkpoint state,
        MetricsLog log,
        TrainingListener listener,
        OnPolicyKlEstimator estimator,
        PolicyScorer.Champion champion) {
      this.options = options;
      this.job = job;
      this.train = train;
      this.validation = validation;
      this.directory = directory;
      this.network = network;
      this.trainStep = trainStep;
      this.state = state;
      this.log = log;
      this.listener = listener;
      this.estimator = estimator;
      this.champion = champion;
      this.stopping = job.config().earlyStopping().relativeTo(champion.kl().mean());
      this.order = new BatchOrder(train.pairs(), job.config().batch());
      this.schedule = job.config().schedule(train.pairs().size());
      this.saved = options.clock().instant();
    }

    TrainingOutcome run() throws IOException {
      if (state.step() == 0 && state.evaluations().isEmpty()) {
        evaluate();
      }
      TrainingOutcome.Ending ending;
      while ((ending = ending()) == null) {
        step();
        if (!options.clock().instant().isBefore(saved.plus(options.checkpointInterval()))) {
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
            stopping.judge(state.evaluations(), validation.pairs().size()).stop();
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
      Instant start = options.clock().instant();
      List<TokenPair> batch = order.batch(state.step());
      double rate = job.config().optimizer().learningRate() * schedule.factor(state.step());
      TrainStep.Update update = trainStep.update(state.step() + 1, batch, rate);
      state.advance(batch.stream().mapToLong(pair -> pair.tokens() + pair.prompt().length).sum());
      PreferenceMetrics validationMetrics = isEvaluationDue() ? evaluate() : null;
      StepMetrics metrics =
          new StepMetrics(
              state.step(),
              (double) state.step() / order.stepsPerEpoch(),
              update.metrics(),
              update.tokens(),
              update.gradNorm(),
              rate,
              state.tokens(),
              validationMetrics,
              secondsSince(start));
      log.write(metrics);
      listener.onStep(metrics);
    }

    private double secondsSince(Instant start) {
      return Duration.between(start, options.clock().instant()).toNanos() / 1e9;
    }

    private boolean isEvaluationDue() {
      int interval =
          job.config()
              .validation()
              .evalSteps(validation.pairs().size(), job.config().batch().batchSize());
      if (job.config().validation().evalSteps().isEmpty()) {
        interval = Math.max(interval, Math.ceilDiv(schedule.totalSteps(), MAX_LOOKS));
      }
      return state.step() == schedule.totalSteps()
          || (interval > 0 && state.step() % interval == 0);
    }

    /** Evaluates the validation pairs under the current policy; null without any. */
    private @Nullable PreferenceMetrics evaluate() {
      if (validation.pairs().isEmpty()) {
        return null;
      }
      PreferenceMetrics metrics =
          measure(trainStep.score(validation.pairs()).pairs(), kl(state.step(), estimator.quick()));
      state.evaluations().add(new Evaluation(state.step(), metrics));
      EarlyStopping.Verdict verdict =
          stopping.judge(state.evaluations(), validation.pairs().size());
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
     * better trades of reward and KL than on the way of the training (Ramé et al. 2024, WARP), and
     * no run that learned something ends with nothing.
     */
    private Scaled scaleIntoBudget(int step) {
      KlEstimate kl = kl(step, estimator);
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
        kl = estimator.kl(network);
      }
      return new Scaled(scale, kl);
    }

    private void save() throws IOException {
      log.force();
      state.save(
          directory.checkpoint(), directory.fingerprint(options), options.network().arithmetic());
      saved = options.clock().instant();
    }

    /**
     * Scores of the first training pairs, to check an export with where no validation pairs are.
     */
    private List<PairLogps> scoreProbes() {
      List<TokenPair> first = train.pairs().subList(0, Math.min(MAX_PROBES, train.pairs().size()));
      return trainStep.score(first).pairs();
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
          validation.pairs().isEmpty() ? List.of() : trainStep.score(validation.pairs()).pairs();
      List<String> dropped = new ArrayList<>(train.dropped());
      dropped.addAll(validation.dropped());
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
              champion.validation(),
              champion.kl());
      if (ending != TrainingOutcome.Ending.CANCELLED) {
        if (adapter == null) {
          directory.write(trainStep.parameters());
        } else {
          directory.write(adapter);
        }
        directory.writeManifest(outcome, options, state);
      }
      return outcome;
    }
  }
}
