package dev.whetstone.dpo.config;

import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.KlBudget;
import dev.whetstone.dpo.loss.LossConfig;
import dev.whetstone.dpo.loss.LossType;
import dev.whetstone.weights.ModelConfig;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * All settings of a run. Together with the base model, the pairs and the initial adapter they
 * decide its result.
 */
public record TrainConfig(
    LossConfig loss,
    OptimizerConfig optimizer,
    TrainedWeights weights,
    ComputeDtype computeDtype,
    BatchConfig batch,
    ValidationConfig validation,
    EarlyStopping earlyStopping) {
  /** Temperature of the pairs that a gateway shows by default. */
  private static final double PAIR_TEMPERATURE = 0.8;

  private static final double RATE_TIMES_WIDTH = 0.192;

  /** Some votes are mistakes (cDPO, Mitchell 2023): it costs little where none are. */
  private static final double LABEL_SMOOTHING = 0.05;

  /** Activations that are kept from the forward to the backward pass of a micro-batch. */
  private static final double ACTIVATION_BYTES = 1.6e9;

  /** Up to here a pool is trained on at the full rate; beyond, the rate falls with its root. */
  private static final double FULL_RATE_PAIRS = 100;

  /** Pairs that a run passes over in all, each as often as it has epochs. */
  private static final double PASSES = 1_600;

  private static final double MAX_EPOCHS = 8;

  /** Share of the rate that a run which goes on from an adapter has, after a warm-up. */
  private static final double CONTINUED_RATE = 0.5;

  private static final double CONTINUED_WARMUP = 0.1;

  /**
   * TRL's defaults, but with LoRA on every linear layer, a learning rate of 1e-4 (TRL's is 1e-6),
   * float32, and one epoch in the given order (TRL: three, shuffled). No pairs are held out.
   */
  public static TrainConfig plain() {
    return new TrainConfig(
        LossConfig.sigmoid(),
        new OptimizerConfig(1e-4, LrScheduler.LINEAR, 0, 1, 0, 0.9, 0.999, 1e-8),
        new TrainedWeights.Lora(16, 32, Set.copyOf(TrainedWeights.LAYERS)),
        ComputeDtype.FLOAT32,
        new BatchConfig(8, new TrainingLength.Epochs(1), 42, false, 1024, 2048),
        new ValidationConfig(0, OptionalInt.of(0), 1),
        EarlyStopping.off());
  }

  /**
   * The recipe of on-line rounds. The likelihood of the chosen answers, added to the preference
   * loss, keeps a policy from moving to answers that no pair contains; the KL budget and the
   * validation pairs decide which of the run's policies is its result.
   *
   * @param base its width sets the learning rate: one Adam step moves an output by about its rate
   *     times the width (Yang et al. 2022)
   * @param pairs number of training pairs: more pairs take fewer epochs at a lower rate, since more
   *     steps at one rate over-train
   */
  public static TrainConfig online(ModelConfig base, int pairs) {
    return online(base, pairs, MAX_EPOCHS);
  }

  /**
   * The recipe where time is short: fewer epochs before fewer pairs.
   *
   * @param maxEpochs how often there is time to train on each pair; once it is trained on anyway
   */
  public static TrainConfig online(ModelConfig base, int pairs, double maxEpochs) {
    TrainConfig plain = plain();
    LossConfig loss = plain.loss;
    OptimizerConfig optimizer = plain.optimizer;
    return new TrainConfig(
        new LossConfig(
            List.of(
                new LossConfig.Weighted(LossType.SIGMOID, 1),
                new LossConfig.Weighted(LossType.SFT, 0.5)),
            loss.beta(),
            LABEL_SMOOTHING,
            loss.divergence(),
            loss.divergenceAlpha(),
            loss.ldAlpha(),
            loss.wpo(),
            loss.referenceFree(),
            loss.simpoGamma(),
            loss.discopopTau(),
            loss.unpaired()),
        new OptimizerConfig(
            RATE_TIMES_WIDTH / base.hiddenSize() * Math.min(1, Math.sqrt(FULL_RATE_PAIRS / pairs)),
            LrScheduler.LINEAR,
            optimizer.warmupSteps(),
            optimizer.maxGradNorm(),
            optimizer.weightDecay(),
            optimizer.beta1(),
            optimizer.beta2(),
            optimizer.epsilon()),
        plain.weights,
        plain.computeDtype,
        new BatchConfig(
            8,
            new TrainingLength.Epochs(epochs(pairs, maxEpochs)),
            42,
            true,
            1024,
            tokenBudget(base)),
        new ValidationConfig(0.1, OptionalInt.empty(), PAIR_TEMPERATURE),
        new EarlyStopping(KlBudget.DEFAULT, 0.1, 6, -0.5, 0.8, 1.25));
  }

  /** Tokens whose activations fit: of each linear layer the input, of each block some more. */
  private static int tokenBudget(ModelConfig base) {
    double floats = base.layers() * (6.0 * base.hiddenSize() + 4.0 * base.activeIntermediateSize());
    return (int) Math.clamp(ACTIVATION_BYTES / (Float.BYTES * floats), 256, 2048);
  }

  private static double epochs(int pairs, double maxEpochs) {
    return Math.clamp(Math.min(PASSES / pairs, maxEpochs), 1, MAX_EPOCHS);
  }

  /**
   * The same settings with another limit of the KL, and with the KL measured on answers sampled at
   * another temperature.
   */
  public TrainConfig withKl(KlBudget budget, double temperature) {
    return new TrainConfig(
        loss,
        optimizer,
        weights,
        computeDtype,
        batch,
        new ValidationConfig(validation.share(), validation.evalSteps(), temperature),
        earlyStopping.within(budget));
  }

  /**
   * The same settings for a run that goes on from a trained adapter: an optimizer without moments
   * at the full rate throws such an adapter far off in its first steps.
   */
  public TrainConfig continued() {
    return new TrainConfig(
        loss,
        new OptimizerConfig(
            optimizer.learningRate() * CONTINUED_RATE,
            optimizer.scheduler(),
            Math.max(optimizer.warmupSteps(), CONTINUED_WARMUP),
            optimizer.maxGradNorm(),
            optimizer.weightDecay(),
            optimizer.beta1(),
            optimizer.beta2(),
            optimizer.epsilon()),
        weights,
        computeDtype,
        batch,
        validation,
        earlyStopping);
  }

  /** The schedule of a run over this many training pairs. */
  public LearningRateSchedule schedule(int pairs) {
    int steps = batch.length().steps(pairs, batch.batchSize());
    return new LearningRateSchedule(optimizer.scheduler(), optimizer.warmup(steps), steps);
  }
}
