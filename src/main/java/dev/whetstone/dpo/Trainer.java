package dev.whetstone.dpo;

import dev.whetstone.dpo.config.LearningRateSchedule;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.data.MicroBatches;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.data.Truncation;
import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.Evaluation;
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
 * Direct Preference Optimization (Rafailov et al. 2023) of an adapter, or of all weights, against
 * the frozen base. The same job gives the same bits on one machine, however often it was killed and
 * resumed.
 */
public final class Trainer {
  private static final int PROBES = 8;

  private final TrainerOptions settings;

  public Trainer(TrainerOptions settings) {
    this.settings = settings;
  }

  /**
   * Does a job from start to end, or from its checkpoint.
   *
   * @throws IllegalArgumentException when the job cannot be done as it is
   * @throws DivergedException when loss or gradient stop being numbers
   */
  public TrainingOutcome run(TrainingJob job, TrainingListener listener) throws IOException {
    int longest = Math.min(job.config().batch().maxLength(), job.base().config().contextLength());
    Truncation train = Truncation.of(job.train(), longest);
    Truncation heldOut = Truncation.of(job.heldOut(), longest);
    Checks.require(
        !train.pairs().isEmpty(), "no pair has room for its completions in " + longest + " tokens");
    RunDirectory directory = RunDirectory.open(job);
    TrainerOptions used = settings.with(network(job, directory, listener));
    try (Network network = Network.open(job.base(), used.network());
        FileReferenceCache known = FileReferenceCache.open(directory.references())) {
      List<Parameter> parameters = parameters(network, job);
      ReferenceLogProbs references =
          references(job, train.pairs(), heldOut.pairs(), network, known, listener);
      TrainStep learner = new TrainStep(network, parameters, job.config(), references);
      Checkpoint state = new Checkpoint(parameters, learner.optimizer());
      if (Files.exists(directory.checkpoint())) {
        state.load(directory.checkpoint(), directory.fingerprint(used));
        network.upload();
      }
      try (MetricsLog log = MetricsLog.after(state.step(), directory.metrics())) {
        Run run =
            new Run(used, job, train, heldOut, directory, network, learner, state, log, listener);
        return run.go();
      }
    }
  }

  /** A run that is taken up again stays in the arithmetic it began in. */
  private NetworkSettings network(
      TrainingJob job, RunDirectory directory, TrainingListener listener) throws IOException {
    NetworkSettings network = settings.network();
    return switch (job.config().baseDtype()) {
      case FLOAT32 -> network.with(NetworkSettings.Arithmetic.FLOAT32);
      case BFLOAT16 -> network.with(NetworkSettings.Arithmetic.BFLOAT16);
      case AUTO -> {
        if (Files.exists(directory.checkpoint())) {
          yield network.with(Checkpoint.arithmetic(directory.checkpoint()));
        }
        NetworkSettings.Speed speed = network.measure(job.base().config());
        listener.onMeasured(speed);
        yield network.with(speed.faster());
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
        Checks.require(init == null, "all weights are trained: there is no adapter to begin with");
        yield network.unfreeze();
      }
    };
  }

  private ReferenceLogProbs references(
      TrainingJob job,
      List<TokenPair> train,
      List<TokenPair> heldOut,
      Network network,
      ReferenceCache known,
      TrainingListener listener) {
    List<TokenPair> all = new ArrayList<>(train);
    all.addAll(heldOut);
    return ReferenceLogProbs.of(
        job.base().hash(),
        MicroBatches.cut(all, job.config().batch().tokenBudget()),
        network,
        known,
        settings.cache(),
        done -> listener.onReference(done, all.size()));
  }

  /** One job under way. */
  private static final class Run {
    private final TrainerOptions settings;
    private final TrainingJob job;
    private final Truncation train;
    private final Truncation heldOut;
    private final RunDirectory directory;
    private final Network network;
    private final TrainStep learner;
    private final Checkpoint state;
    private final MetricsLog log;
    private final TrainingListener listener;
    private final BatchOrder order;
    private final LearningRateSchedule schedule;
    private Instant saved;

    Run(
        TrainerOptions settings,
        TrainingJob job,
        Truncation train,
        Truncation heldOut,
        RunDirectory directory,
        Network network,
        TrainStep learner,
        Checkpoint state,
        MetricsLog log,
        TrainingListener listener) {
      this.settings = settings;
      this.job = job;
      this.train = train;
      this.heldOut = heldOut;
      this.directory = directory;
      this.network = network;
      this.learner = learner;
      this.state = state;
      this.log = log;
      this.listener = listener;
      this.order = new BatchOrder(train.pairs(), job.config().batch());
      this.schedule = job.config().schedule(train.pairs().size());
      this.saved = settings.clock().instant();
    }

    TrainingOutcome go() throws IOException {
      if (state.step() == 0 && state.evaluations().isEmpty()) {
        evaluate();
      }
      TrainingOutcome.Ending ending;
      while ((ending = ending()) == null) {
        step();
        if (!settings.clock().instant().isBefore(saved.plus(settings.checkpointEvery()))) {
          save();
        }
      }
      save();
      return finish(ending);
    }

    /** Why the run is over; null while it is not. */
    private TrainingOutcome.@Nullable Ending ending() {
      if (!state.evaluations().isEmpty()) {
        Optional<EarlyStopping.StopReason> stop =
            job.config().guardRails().judge(state.evaluations()).stop();
        if (stop.isPresent()) {
          return TrainingOutcome.Ending.of(stop);
        }
      }
      if (state.step() >= schedule.totalSteps()) {
        return TrainingOutcome.Ending.COMPLETED;
      }
      return listener.cancelled() ? TrainingOutcome.Ending.CANCELLED : null;
    }

    private void step() throws IOException {
      Instant begin = settings.clock().instant();
      List<TokenPair> batch = order.batch(state.step());
      double rate = job.config().optimizer().learningRate() * schedule.factor(state.step());
      TrainStep.Update update = learner.learn(state.step() + 1, batch, rate);
      state.advance(batch.stream().mapToLong(pair -> pair.tokens() + pair.prompt().length).sum());
      PreferenceMetrics judged = due() ? evaluate() : null;
      StepMetrics metrics =
          new StepMetrics(
              state.step(),
              (double) state.step() / order.stepsPerEpoch(),
              update.metrics(),
              update.tokens(),
              update.gradNorm(),
              rate,
              state.tokens(),
              judged,
              seconds(begin));
      log.write(metrics);
      listener.onStep(metrics);
    }

    private double seconds(Instant begin) {
      return Duration.between(begin, settings.clock().instant()).toNanos() / 1e9;
    }

    private boolean due() {
      int every =
          job.config()
              .heldOut()
              .everySteps(heldOut.pairs().size(), job.config().batch().batchSize());
      return state.step() == schedule.totalSteps() || (every > 0 && state.step() % every == 0);
    }

    /** Looks at the held-out pairs; null without any. */
    private @Nullable PreferenceMetrics evaluate() {
      if (heldOut.pairs().isEmpty()) {
        return null;
      }
      PreferenceMetrics metrics = judge(learner.score(heldOut.pairs()).pairs(), state.step());
      state.evaluations().add(new Evaluation(state.step(), metrics));
      EarlyStopping rails = job.config().guardRails();
      EarlyStopping.Verdict verdict = rails.judge(state.evaluations());
      if (rails.active() && verdict.bestStep() == state.step()) {
        state.keepBest();
      }
      if (!verdict.alarms().isEmpty()) {
        listener.onAlarm(state.step(), verdict.alarms());
      }
      return metrics;
    }

    /** Of held-out pairs, under the policy after a step's update. */
    private PreferenceMetrics judge(List<PairLogps> scores, int step) {
      PreferenceMetrics metrics = learner.judge(scores);
      return switch (job.config().weights()) {
        // the base is gone, and with it what answers could be compared with
        case TrainedWeights.All _ -> metrics;
        case TrainedWeights.Lora _ -> metrics.withKl(kl(step));
      };
    }

    private double kl(int step) {
      if (step == 0 && job.init() == null) {
        return 0; // a fresh adapter changes nothing
      }
      return OnPolicyKlEstimator.to(
              heldOut.pairs(), train.pairs(), job.config().batch(), job.base().config())
          .kl(network, step);
    }

    /** As it was judged at that step, or now: the same policy and seed give the same answers. */
    private PreferenceMetrics judged(List<PairLogps> scores, int step) {
      return state.evaluations().stream()
          .filter(evaluation -> evaluation.step() == step)
          .findFirst()
          .map(Evaluation::heldOut)
          .orElseGet(() -> judge(scores, step));
    }

    private void save() throws IOException {
      log.force();
      state.save(
          directory.checkpoint(), directory.fingerprint(settings), settings.network().arithmetic());
      saved = settings.clock().instant();
    }

    /** The first few trained pairs. */
    private List<PairLogps> probes() {
      List<TokenPair> first = train.pairs().subList(0, Math.min(PROBES, train.pairs().size()));
      return learner.score(first).pairs();
    }

    private TrainingOutcome finish(TrainingOutcome.Ending ending) throws IOException {
      int step = state.restoreBest();
      network.upload();
      LoraAdapter adapter =
          switch (job.config().weights()) {
            case TrainedWeights.Lora _ -> network.adapter();
            case TrainedWeights.All _ -> null;
          };
      List<PairLogps> scores =
          heldOut.pairs().isEmpty() ? List.of() : learner.score(heldOut.pairs()).pairs();
      List<String> dropped = new ArrayList<>(train.dropped());
      dropped.addAll(heldOut.dropped());
      TrainingOutcome outcome =
          new TrainingOutcome(
              adapter,
              step,
              scores,
              scores.isEmpty() ? probes() : scores,
              scores.isEmpty() ? null : judged(scores, step),
              dropped,
              ending);
      if (ending != TrainingOutcome.Ending.CANCELLED) {
        if (adapter == null) {
          directory.write(learner.parameters());
        } else {
          directory.write(adapter);
        }
        directory.writeManifest(outcome, settings, state);
      }
      return outcome;
    }
  }
}
