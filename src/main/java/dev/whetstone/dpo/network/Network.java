package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.MallocTuning;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.RotaryFrequencies;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A decoder of the Llama family in PyTorch: log-probs of completions, and their gradients with
 * respect to an adapter or to all weights. The forward pass is Hugging Face's {@code
 * LlamaForCausalLM}, {@code MistralForCausalLM} or {@code Qwen2ForCausalLM}; the backward pass is
 * written out, so that every tensor has an owner and nothing is kept that is not needed. Not
 * thread-safe.
 */
public final class Network implements AutoCloseable {
  private final ModelConfig config;
  private final NetworkSettings settings;
  private final NDManager manager;
  private final float[] frequencies;
  private final Map<String, Weight> weights = new HashMap<>();
  private final List<Block> blocks = new ArrayList<>();
  private final Weight embedding;
  private final RmsNorm norm;
  private final LmHead head;
  private @Nullable LoraParameters lora;

  private Network(
      ModelConfig config, NetworkSettings settings, NDManager manager, Tensors tensors) {
    this.config = config;
    this.settings = settings;
    this.manager = manager;
    this.frequencies = RotaryFrequencies.of(config);
    Scalars scalars = Scalars.of(manager, config);
    this.embedding = weight(tensors, "model.embed_tokens.weight");
    for (int layer = 0; layer < config.layers(); layer++) {
      blocks.add(block(layer, tensors, scalars));
    }
    this.norm = new RmsNorm(weight(tensors, "model.norm.weight"), scalars);
    Weight output = config.tiedEmbeddings() ? embedding : weight(tensors, "lm_head.weight");
    this.head = new LmHead(output, settings.vocabularySlice());
  }

  /** Loads the weights of an imported model. */
  public static Network open(ModelDirectory directory, NetworkSettings settings)
      throws IOException {
    NDManager manager = TorchOps.manager(settings.threads());
    try (Tensors tensors = directory.weights()) {
      return new Network(directory.config(), settings, manager, tensors);
    } catch (IOException | RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private Block block(int layer, Tensors tensors, Scalars scalars) {
    Map<LoraTarget, Projection> projections = new EnumMap<>(LoraTarget.class);
    for (LoraTarget site : LoraTarget.values()) {
      String[] names =
          site.modules().stream()
              .map(module -> LoraTarget.module(layer, module))
              .toArray(String[]::new);
      Weight bias =
          site == LoraTarget.QKV && config.qkvBias()
              ? weight(tensors, suffixed(names, ".bias"))
              : null;
      projections.put(site, new Projection(weight(tensors, suffixed(names, ".weight")), bias));
    }
    return new Block(
        config,
        scalars,
        norm(tensors, scalars, LoraTarget.module(layer, "input_layernorm.weight")),
        norm(tensors, scalars, LoraTarget.module(layer, "post_attention_layernorm.weight")),
        projections);
  }

  private RmsNorm norm(Tensors tensors, Scalars scalars, String name) {
    return new RmsNorm(weight(tensors, name), scalars);
  }

  private static String[] suffixed(String[] names, String suffix) {
    return Arrays.stream(names).map(name -> name + suffix).toArray(String[]::new);
  }

  private Weight weight(Tensors tensors, String... names) {
    Weight weight = Weight.load(manager, tensors, names);
    weights.put(names[0], weight);
    return weight;
  }

  /**
   * Trains an adapter, from the values it has.
   *
   * @return its factors, in the order of their names
   * @throws IllegalArgumentException when a module is none of this network's
   */
  public List<Parameter> adapt(LoraAdapter start) {
    requireUntrained();
    requireFits(start);
    lora = new LoraParameters(start);
    for (int layer = 0; layer < blocks.size(); layer++) {
      for (LoraTarget site : LoraTarget.values()) {
        LoraFactors factors = lora.site(layer, site, config);
        if (factors != null) {
          blocks.get(layer).projection(site).adapt(factors);
        }
      }
    }
    upload();
    return lora.parameters();
  }

  private void requireUntrained() {
    if (lora != null || embedding.trained()) {
      throw new IllegalStateException("the network has trained parameters already");
    }
  }

  /** Sizes of the adapter's modules beside those of the base. */
  private void requireFits(LoraAdapter adapter) {
    Map<String, LoraAdapter.Module> left = new HashMap<>(adapter.modules());
    for (int layer = 0; layer < config.layers(); layer++) {
      for (LoraTarget site : LoraTarget.values()) {
        for (String name : site.modules()) {
          LoraAdapter.Module module = left.remove(LoraTarget.module(layer, name));
          if (module != null) {
            requireFits(LoraTarget.module(layer, name), module, site.inputs(config), name);
          }
        }
      }
    }
    if (!left.isEmpty()) {
      throw new IllegalArgumentException(
          "the base has no linear layer " + left.keySet().iterator().next());
    }
  }

  private void requireFits(String path, LoraAdapter.Module module, int in, String name) {
    int out = LoraTarget.outputs(config, name);
    if (module.in() != in || module.out() != out) {
      throw new IllegalArgumentException(
          "%s of the adapter is %d to %d, of the base %d to %d"
              .formatted(path, module.in(), module.out(), in, out));
    }
  }

  /**
   * Trains all weights of the base instead of an adapter.
   *
   * @return the weights, under their canonical names
   */
  public List<Parameter> unfreeze() {
    requireUntrained();
    return weights.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .flatMap(entry -> entry.getValue().unfreeze().stream())
        .toList();
  }

  /** Takes over the parameters' values for the passes to come. */
  public void upload() {
    weights.values().forEach(Weight::upload);
    for (Block block : blocks) {
      for (LoraTarget site : LoraTarget.values()) {
        LoraFactors factors = block.projection(site).lora();
        if (factors != null) {
          factors.upload(manager);
        }
      }
    }
  }

  /**
   * The adapter as it stands.
   *
   * @throws IllegalStateException when none is trained
   */
  public LoraAdapter adapter() {
    if (lora == null) {
      throw new IllegalStateException("no adapter is trained");
    }
    return lora.adapter();
  }

  /** Scores under the weights alone: the reference, as long as they are not trained themselves. */
  public TokenScores reference(List<PromptCompletions> rows) {
    try (ForwardPass pass = new ForwardPass(this, rows, false, false)) {
      return pass.scores();
    }
  }

  /** Scores under the policy. */
  public TokenScores policy(List<PromptCompletions> rows) {
    try (ForwardPass pass = new ForwardPass(this, rows, true, false)) {
      return pass.scores();
    }
  }

  /**
   * KL(policy ‖ reference) of the whole next-token distributions, in nats, for each completion
   * token in the shape of {@link TokenScores#logps}; for an adapter, whose base is the reference.
   */
  public float[][] divergences(List<PromptCompletions> rows) {
    try (ForwardPass policy = new ForwardPass(this, rows, true, false);
        ForwardPass reference = new ForwardPass(this, rows, false, false)) {
      return policy.divergences(reference);
    }
  }

  /**
   * Answers that the policy writes, drawn from its whole distributions.
   *
   * @param most tokens of an answer
   * @return one a prompt, with the token that ended it where one did
   */
  public List<int[]> sample(List<int[]> prompts, int most, RandomGenerator random) {
    try (NDManager scope = manager.newSubManager()) {
      return new Decoder(this, scope, prompts, most).sample(random);
    }
  }

  /** Scores under the policy, ready for a backward pass; the caller closes it. */
  public ForwardPass forward(List<PromptCompletions> rows) {
    return new ForwardPass(this, rows, true, true);
  }

  ModelConfig config() {
    return config;
  }

  Rotary rotary(NDManager pass, int[] positions) {
    return Rotary.of(pass, config, frequencies, positions);
  }

  NDManager manager() {
    return manager;
  }

  NetworkSettings settings() {
    return settings;
  }

  List<Block> blocks() {
    return blocks;
  }

  Weight embedding() {
    return embedding;
  }

  RmsNorm norm() {
    return norm;
  }

  LmHead head() {
    return head;
  }

  MicroBatch batch(NDManager pass, List<PromptCompletions> rows) {
    rows.forEach(this::requireKnownTokens);
    return new MicroBatch(pass, Layout.of(rows), config, frequencies);
  }

  private void requireKnownTokens(PromptCompletions row) {
    IntStream.concat(
            IntStream.of(row.prompt()), row.completions().stream().flatMapToInt(IntStream::of))
        .filter(id -> id < 0 || id >= config.vocabularySize())
        .findFirst()
        .ifPresent(
            id -> {
              throw new IllegalArgumentException(
                  "token %d is outside the vocabulary of %d"
                      .formatted(id, config.vocabularySize()));
            });
  }

  @Override
  public void close() {
    manager.close();
    MallocTuning.handBack();
  }
}
