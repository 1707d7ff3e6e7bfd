package dev.whetstone.dpo.config;

import static dev.whetstone.settings.Checks.require;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.KlBudget;
import dev.whetstone.dpo.loss.Divergence;
import dev.whetstone.dpo.loss.LossConfig;
import dev.whetstone.dpo.loss.LossConfig.Weighted;
import dev.whetstone.dpo.loss.LossType;
import dev.whetstone.dpo.loss.UnpairedLoss;
import dev.whetstone.io.JsonFault;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.JsonSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads and writes a {@link TrainConfig} as JSON, one flat object. It is written by our names, most
 * of them TRL's; TRL's other names are read beside them.
 */
public final class TrainConfigFile {
  /** Fields of a recorded run that are not settings; the golden files have them. */
  private static final Set<String> DATA = Set.of("source", "pairs", "per_step", "losses");

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private TrainConfigFile() {}

  /**
   * Reads settings; absent ones are taken from the defaults.
   *
   * @throws IllegalArgumentException naming the setting that is unknown, given twice or wrong
   */
  public static TrainConfig read(String json, TrainConfig defaults) {
    JsonNode given = parse(json);
    JsonSettings settings = new JsonSettings(TrlNames.translate(given, defaults));
    TrainConfig config =
        new TrainConfig(
            loss(settings, defaults.loss()),
            optimizer(settings, defaults.optimizer()),
            weights(settings, defaults.weights()),
            settings.constant("base_dtype", defaults.computeDtype(), ComputeDtype.values()),
            batch(settings, defaults.batch()),
            validation(settings, defaults.validation()),
            earlyStopping(settings, defaults.earlyStopping()));
    settings.requireAllRead(DATA, TrlNames.all());
    TrlNames.requireSameBatch(given, config);
    return config;
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the settings are not JSON: " + JsonFault.of(e), e);
    }
  }

  private static LossConfig loss(JsonSettings settings, LossConfig defaults) {
    Losses losses = losses(settings, defaults);
    return new LossConfig(
        losses.pairs,
        settings.decimal("beta", defaults.beta()),
        settings.decimal("label_smoothing", defaults.labelSmoothing()),
        settings.constant("f_divergence_type", defaults.divergence(), Divergence.values()),
        settings.decimal("f_alpha", defaults.divergenceAlpha()),
        settings.decimal("ld_alpha", defaults.ldAlpha()),
        settings.flag("use_wpo", defaults.wpo()),
        settings.flag("reference_free", defaults.referenceFree()),
        settings.decimal("simpo_gamma", defaults.simpoGamma()),
        settings.decimal("discopop_tau", defaults.discopopTau()),
        unpaired(settings, losses.unpaired));
  }

  /** The losses of pairs, and that of ratings. */
  private record Losses(List<Weighted> pairs, UnpairedLoss unpaired) {}

  private static Losses losses(JsonSettings settings, LossConfig defaults) {
    List<String> names = settings.names("loss_type");
    List<Double> weights = settings.decimals("loss_weights");
    if (names.isEmpty()) {
      require(weights.isEmpty(), "loss_weights needs loss_type");
      return new Losses(defaults.mix(), defaults.unpaired());
    }
    require(
        weights.isEmpty() || weights.size() == names.size(),
        "loss_weights has %d entries for %d losses".formatted(weights.size(), names.size()));
    List<Weighted> pairs = new ArrayList<>();
    Optional<UnpairedLoss> unpaired = Optional.empty();
    for (int i = 0; i < names.size(); i++) {
      double weight = weights.isEmpty() ? 1 : weights.get(i);
      Optional<UnpairedLoss.Type> type = unpairedType(names.get(i));
      if (type.isPresent()) {
        require(unpaired.isEmpty(), "loss_type names two losses of ratings");
        unpaired =
            Optional.of(
                new UnpairedLoss(
                    type.get(),
                    weight,
                    defaults.unpaired().desirableWeight(),
                    defaults.unpaired().undesirableWeight()));
      } else {
        pairs.add(
            new Weighted(EnumNames.parse("loss_type", names.get(i), LossType.values()), weight));
      }
    }
    return new Losses(pairs, unpaired.orElse(defaults.unpaired()));
  }

  private static Optional<UnpairedLoss.Type> unpairedType(String name) {
    return Arrays.stream(UnpairedLoss.Type.values())
        .filter(type -> EnumNames.of(type).equals(name))
        .findFirst();
  }

  private static UnpairedLoss unpaired(JsonSettings settings, UnpairedLoss loss) {
    return new UnpairedLoss(
        loss.type(),
        loss.weight(),
        factor(settings, "desirable_weight", loss.desirableWeight()),
        factor(settings, "undesirable_weight", loss.undesirableWeight()));
  }

  private static OptionalDouble factor(JsonSettings settings, String name, OptionalDouble absent) {
    return settings.has(name) ? OptionalDouble.of(settings.decimal(name, 1)) : absent;
  }

  private static OptimizerConfig optimizer(JsonSettings settings, OptimizerConfig defaults) {
    List<Double> betas = settings.decimals("adam_betas");
    require(betas.isEmpty() || betas.size() == 2, "adam_betas must be two numbers");
    return new OptimizerConfig(
        settings.decimal("learning_rate", defaults.learningRate()),
        settings.constant("lr_scheduler", defaults.scheduler(), LrScheduler.values()),
        settings.decimal("warmup_steps", defaults.warmupSteps()),
        settings.decimal("max_grad_norm", defaults.maxGradNorm()),
        settings.decimal("weight_decay", defaults.weightDecay()),
        betas.isEmpty() ? defaults.beta1() : betas.get(0),
        betas.isEmpty() ? defaults.beta2() : betas.get(1),
        settings.decimal("adam_epsilon", defaults.epsilon()));
  }

  private static TrainedWeights weights(JsonSettings settings, TrainedWeights defaults) {
    boolean all = settings.flag("full_fine_tuning", defaults instanceof TrainedWeights.All);
    TrainedWeights.Lora lora =
        defaults instanceof TrainedWeights.Lora given
            ? given
            : new TrainedWeights.Lora(16, 32, Set.copyOf(TrainedWeights.LAYERS));
    List<String> targets = settings.names("target_modules");
    TrainedWeights.Lora read =
        new TrainedWeights.Lora(
            settings.integer("lora_rank", lora.rank()),
            settings.decimal("lora_alpha", lora.alpha()),
            targets.isEmpty() ? lora.targets() : layers(targets));
    return all ? new TrainedWeights.All() : read;
  }

  /** PEFT's names end in _proj, and its all-linear is every layer but the output's. */
  private static Set<String> layers(List<String> targets) {
    Set<String> layers = new TreeSet<>();
    for (String target : targets) {
      if (target.equals("all-linear")) {
        return Set.copyOf(TrainedWeights.LAYERS);
      }
      layers.add(target.endsWith("_proj") ? target.substring(0, target.length() - 5) : target);
    }
    return layers;
  }

  private static BatchConfig batch(JsonSettings settings, BatchConfig defaults) {
    require(
        !settings.has("steps") || !settings.has("epochs"), "steps and epochs exclude each other");
    TrainingLength length = defaults.length();
    if (settings.has("steps")) {
      length = new TrainingLength.Steps(settings.integer("steps", 0));
    } else if (settings.has("epochs")) {
      length = new TrainingLength.Epochs(settings.decimal("epochs", 0));
    }
    return new BatchConfig(
        settings.integer("batch_size", defaults.batchSize()),
        length,
        settings.longInteger("seed", defaults.seed()),
        settings.flag("shuffle", defaults.shuffle()),
        settings.integer("max_length", defaults.maxLength()),
        settings.integer("token_budget", defaults.tokenBudget()));
  }

  private static ValidationConfig validation(JsonSettings settings, ValidationConfig defaults) {
    return new ValidationConfig(
        settings.decimal("eval_share", defaults.share()),
        settings.integerOrAuto("eval_steps", defaults.evalSteps()),
        settings.decimal("kl_temperature", defaults.klTemperature()));
  }

  private static EarlyStopping earlyStopping(JsonSettings settings, EarlyStopping defaults) {
    List<Double> lengths = settings.decimals("length_ratio");
    require(lengths.isEmpty() || lengths.size() == 2, "length_ratio must be two numbers");
    return new EarlyStopping(
        new KlBudget(
            settings.decimal("kl_step_budget", defaults.klBudget().step()),
            settings.decimal("kl_budget", defaults.klBudget().absolute())),
        settings.decimal("held_out_slack", defaults.slack()),
        settings.integer("patience", defaults.patience()),
        settings.decimal("chosen_log_ratio_alarm", defaults.chosenLogRatioAlarm()),
        lengths.isEmpty() ? defaults.minLengthRatio() : lengths.get(0),
        lengths.isEmpty() ? defaults.maxLengthRatio() : lengths.get(1));
  }

  /** The settings as {@link #read} reads them; early-stopping limits that are off are left out. */
  public static String write(TrainConfig config) {
    ObjectNode root = JSON.createObjectNode();
    writeLoss(root, config.loss());
    writeOptimizer(root, config.optimizer());
    switch (config.weights()) {
      case TrainedWeights.All all -> root.put("full_fine_tuning", true);
      case TrainedWeights.Lora lora -> {
        root.put("lora_rank", lora.rank());
        root.put("lora_alpha", lora.alpha());
        ArrayNode targets = root.putArray("target_modules");
        TrainedWeights.LAYERS.stream().filter(lora.targets()::contains).forEach(targets::add);
      }
    }
    root.put("base_dtype", EnumNames.of(config.computeDtype()));
    BatchConfig batch = config.batch();
    root.put("batch_size", batch.batchSize());
    switch (batch.length()) {
      case TrainingLength.Steps length -> root.put("steps", length.steps());
      case TrainingLength.Epochs length -> root.put("epochs", length.epochs());
    }
    root.put("seed", batch.seed());
    root.put("shuffle", batch.shuffle());
    root.put("max_length", batch.maxLength());
    root.put("token_budget", batch.tokenBudget());
    root.put("eval_share", config.validation().share());
    config
        .validation()
        .evalSteps()
        .ifPresentOrElse(
            steps -> root.put("eval_steps", steps),
            () -> root.put("eval_steps", JsonSettings.AUTO));
    // Version 0.1 measured at 1 and had no such setting: its checkpoints are known by their text.
    if (config.validation().klTemperature() != 1) {
      root.put("kl_temperature", config.validation().klTemperature());
    }
    writeEarlyStopping(root, config.earlyStopping());
    return root.toPrettyString() + "\n";
  }

  private static void writeLoss(ObjectNode root, LossConfig loss) {
    ArrayNode types = root.putArray("loss_type");
    ArrayNode weights = root.putArray("loss_weights");
    for (Weighted part : loss.mix()) {
      types.add(EnumNames.of(part.type()));
      weights.add(part.weight());
    }
    // Runs of before had no ratings: their checkpoints are known by their text.
    UnpairedLoss unpaired = loss.unpaired();
    if (loss.mix().isEmpty() || !unpaired.equals(UnpairedLoss.KTO)) {
      types.add(EnumNames.of(unpaired.type()));
      weights.add(unpaired.weight());
    }
    unpaired.desirableWeight().ifPresent(value -> root.put("desirable_weight", value));
    unpaired.undesirableWeight().ifPresent(value -> root.put("undesirable_weight", value));
    root.put("beta", loss.beta());
    root.put("label_smoothing", loss.labelSmoothing());
    root.put("f_divergence_type", EnumNames.of(loss.divergence()));
    root.put("f_alpha", loss.divergenceAlpha());
    root.put("ld_alpha", loss.ldAlpha());
    root.put("use_wpo", loss.wpo());
    root.put("reference_free", loss.referenceFree());
    root.put("simpo_gamma", loss.simpoGamma());
    root.put("discopop_tau", loss.discopopTau());
  }

  private static void writeOptimizer(ObjectNode root, OptimizerConfig optimizer) {
    root.put("learning_rate", optimizer.learningRate());
    root.put("lr_scheduler", EnumNames.of(optimizer.scheduler()));
    if (optimizer.warmupSteps() > 0 && optimizer.warmupSteps() < 1) {
      root.put("warmup_steps", optimizer.warmupSteps());
    } else {
      root.put("warmup_steps", (int) optimizer.warmupSteps());
    }
    root.put("max_grad_norm", optimizer.maxGradNorm());
    root.put("weight_decay", optimizer.weightDecay());
    root.putArray("adam_betas").add(optimizer.beta1()).add(optimizer.beta2());
    root.put("adam_epsilon", optimizer.epsilon());
  }

  private static void writeEarlyStopping(ObjectNode root, EarlyStopping stopping) {
    if (Double.isFinite(stopping.klBudget().absolute())) {
      root.put("kl_budget", stopping.klBudget().absolute());
    }
    if (Double.isFinite(stopping.klBudget().step())) {
      root.put("kl_step_budget", stopping.klBudget().step());
    }
    root.put("held_out_slack", stopping.slack());
    root.put("patience", stopping.patience());
    if (Double.isFinite(stopping.chosenLogRatioAlarm())) {
      root.put("chosen_log_ratio_alarm", stopping.chosenLogRatioAlarm());
    }
    if (Double.isFinite(stopping.maxLengthRatio())) {
      root.putArray("length_ratio").add(stopping.minLengthRatio()).add(stopping.maxLengthRatio());
    }
  }
}
