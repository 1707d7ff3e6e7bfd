package dev.whetstone.dpo;

import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.data.MicroBatches;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.data.Truncation;
import dev.whetstone.dpo.evaluation.MetricsLog;
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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Direct Preference Optimization (Rafailov et al. 2023) of an adapter, or of all weights, with the
 * frozen base as reference. The same job gives the same bits on the same machine, however often it
 * is killed and resumed.
 */
public final class Trainer {
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
    List<String> dropped = new ArrayList<>(train.dropped());
    List<RatedCompletion> ratings =
        RatedCompletion.prepare(
            job.ratings(), maxLength, job.config().batch().batchSize(), dropped);
    train = new Truncation(train.pairs(), List.copyOf(dropped));
    Checks.require(
        !train.pairs().isEmpty() || !ratings.isEmpty(),
        "no pair has room for its completions in " + maxLength + " tokens");
    RunDirectory directory = RunDirectory.open(job);
    TrainerOptions used = options.with(network(job, directory, listener));
    OnPolicyKlEstimator estimator =
        OnPolicyKlEstimator.of(
            validation.pairs(),
            withRatings(train.pairs(), ratings),
            job.config().batch(),
            job.config().validation().klTemperature(),
            job.base().config());
    PolicyScorer.Champion champion = champion(job, used, validation.pairs(), estimator);
    TrainingInputs inputs =
        new TrainingInputs(job, used, train, ratings, validation, directory, estimator, champion);
    TrainingOutcome outcome;
    try (Network network = open(job, used.network());
        FileReferenceCache file = FileReferenceCache.open(directory.references())) {
      List<Parameter> parameters = parameters(network, job);
      ReferenceLogProbs references =
          references(
              job,
              withRatings(train.pairs(), ratings),
              validation.pairs(),
              network,
              file,
              listener);
      TrainStep trainStep = new TrainStep(network, parameters, job.config(), references, ratings);
      Checkpoint state = new Checkpoint(parameters, trainStep.optimizer());
      if (Files.exists(directory.checkpoint())) {
        state.load(directory.checkpoint(), directory.fingerprint(used));
        network.upload();
      }
      try (MetricsLog log = MetricsLog.after(state.step(), directory.metrics())) {
        outcome = new TrainingLoop(inputs, network, trainStep, state, log, listener).run();
        if (!network.storesBfloat16()) {
          return outcome;
        }
      }
    }
    return withExactProbes(inputs, outcome);
  }

  /** Ratings as pairs, for what needs prompts and completions alone. */
  private static List<TokenPair> withRatings(List<TokenPair> pairs, List<RatedCompletion> ratings) {
    return Stream.concat(pairs.stream(), ratings.stream().map(RatedCompletion::asPair)).toList();
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
  private TrainingOutcome withExactProbes(TrainingInputs inputs, TrainingOutcome outcome)
      throws IOException {
    TrainingJob job = inputs.job();
    LoraAdapter adapter = outcome.adapter();
    if (adapter == null || outcome.ending() == TrainingOutcome.Ending.CANCELLED) {
      return outcome;
    }
    List<TokenPair> pairs = inputs.validation().pairs();
    List<TokenPair> first =
        pairs.isEmpty()
            ? inputs.trainProbes(TrainingLoop.MAX_PROBES)
            : pairs.subList(0, Math.min(TrainingLoop.MAX_PROBES, pairs.size()));
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
}
