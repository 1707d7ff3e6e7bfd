package dev.whetstone.models;

import dev.whetstone.engine.Detokenizer;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.EngineConfig;
import dev.whetstone.engine.ort.OrtModel;
import dev.whetstone.engine.ort.OrtSettings;
import dev.whetstone.gateway.state.RecommendedSampling;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.lora.AdapterInput;
import dev.whetstone.onnx.Precision;
import dev.whetstone.policy.Policy;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.TokenDecoder;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** Opens a model directory for serving. */
public final class ModelOpener {
  private static final int MAX_DEFAULT_SLOT_LENGTH = 2048;

  /** Slots for prompts, beside those in which completions decode. */
  private static final int PROMPTS = 2;

  private ModelOpener() {}

  /** A running model. Its owner closes the engine before the tokenizer, as {@link #close} does. */
  public record Opened(
      Engine engine,
      Tokenizer tokenizer,
      Policy base,
      Function<Policy, Map<String, AdapterInput>> adapterInputs) {
    public void close() {
      engine.close();
      tokenizer.close();
    }
  }

  /** Loads the graphs and starts the engine. */
  public static Opened open(
      ModelDirectory directory,
      Precision precision,
      int threads,
      EngineConfig config,
      InstantSource clock)
      throws IOException {
    Tokenizer tokenizer = Tokenizer.open(directory.path().resolve("tokenizer.json"));
    OrtModel runner = openRunner(directory, precision, threads, config);
    Engine engine =
        new Engine(
            runner,
            () -> detokenizer(tokenizer),
            directory.config().eosIds(),
            TemplateStart.of(chatTemplate(directory.path()), tokenizer),
            config,
            clock);
    return new Opened(
        engine, tokenizer, new Policy("v0", directory.hash(), null), runner::adapterInputs);
  }

  /** Creates what connects a model to the versions and rollouts in the database. */
  public interface PolicyServices {
    PolicyRouter createRouter(Engine engine, Policy base);

    Rollouts createRollouts(
        Engine engine,
        Tokenizer tokenizer,
        Optional<ChatTemplate> template,
        PolicyRouter policies,
        TrainingRunStore runs);
  }

  /**
   * Opens a model with all that the gateway needs to serve it.
   *
   * @param catalogued sampling that the catalogue recommends, for fields that the model's own
   *     generation_config.json does not set
   */
  public static ServedModel openForServing(
      ModelDirectory directory,
      Precision precision,
      int threads,
      EngineConfig config,
      InstantSource clock,
      RecommendedSampling catalogued,
      PolicyServices services)
      throws IOException {
    Opened opened = open(directory, precision, threads, config, clock);
    PolicyRouter policies = services.createRouter(opened.engine(), opened.base());
    TrainingRunStore runs = new TrainingRunStore(policies.store().database(), directory.hash());
    Path defaults = directory.path().resolve("generation_config.json");
    Optional<ChatTemplate> template = chatTemplate(directory.path());
    return new ServedModel(
        opened.engine(),
        opened.tokenizer(),
        template,
        policies,
        runs,
        services.createRollouts(opened.engine(), opened.tokenizer(), template, policies, runs),
        directory.config(),
        RecommendedSampling.of(OptionalJson.read(defaults), defaults.toString()).or(catalogued),
        decodeGraph(directory, precision),
        opened.adapterInputs());
  }

  private static OrtModel openRunner(
      ModelDirectory directory, Precision precision, int threads, EngineConfig config) {
    int length =
        config
            .slotLength()
            .orElse(Math.min(directory.config().contextLength(), MAX_DEFAULT_SLOT_LENGTH));
    Path decoder = decodeGraph(directory, precision);
    OptionalInt device = OrtSettings.cudaDevice(config.device());
    int slots = config.slots() + PROMPTS;
    return OrtModel.open(
        switch (precision) {
          case INT8 ->
              new OrtSettings(
                  decoder, decoder.resolveSibling("prefill.onnx"), slots, length, threads, device);
          case FP32 -> new OrtSettings(decoder, null, slots, length, threads, device);
        });
  }

  /** The decode graph of a precision. */
  static Path decodeGraph(ModelDirectory directory, Precision precision) {
    return directory
        .path()
        .resolve(
            switch (precision) {
              case INT8 -> "model.onnx";
              case FP32 -> "exact.onnx";
            });
  }

  private static Detokenizer detokenizer(Tokenizer tokenizer) {
    TokenDecoder decoder = tokenizer.decoder();
    return new Detokenizer() {
      @Override
      public String push(int id) {
        return decoder.push(id);
      }

      @Override
      public String special(int id) {
        return tokenizer.renderedBytes(id).length > 0
            ? ""
            : new String(tokenizer.bytes(id), StandardCharsets.UTF_8);
      }

      @Override
      public String finish() {
        return decoder.finish();
      }
    };
  }

  /** A model's chat template; empty if it has none. */
  public static Optional<ChatTemplate> chatTemplate(Path folder) throws IOException {
    return TemplateFiles.open(folder);
  }
}
