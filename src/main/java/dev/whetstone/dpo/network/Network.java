package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.Arithmetic;
import dev.whetstone.dpo.torch.Bfloat16Gemm;
import dev.whetstone.dpo.torch.MallocTuning;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.DecoderDesign;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A decoder in PyTorch: log-probs of completions, and their gradients with respect to an adapter or
 * to all weights. The forward pass computes what Hugging Face's classes of the supported
 * architectures compute, by the {@link DecoderDesign} of the model.
 *
 * <p>What is unusual: the backward pass is written by hand, so that every tensor has an owner (a
 * DJL manager) and no activation is kept that it does not need. Rows are not padded: a micro-batch
 * is one flat list of tokens ({@link Layout}), in which a prompt is computed once for all its
 * completions. The reference is the same network without its adapter. Trained values live in Java
 * arrays ({@link Parameter}); {@link #upload} copies them into tensors after an optimizer step.
 *
 * <p>Not thread-safe.
 */
public final class Network implements AutoCloseable {
  private final ModelConfig config;
  private final NetworkSettings settings;
  private final NDManager manager;
  private final @Nullable Bfloat16Gemm gemm;
  private final Rotaries rotaries;
  private final Map<String, Weight> weights;
  private final List<Block> blocks = new ArrayList<>();
  private final Weight embedding;
  private final RmsNorm norm;
  private final LmHead head;
  private @Nullable LoraParameters lora;

  private Network(
      ModelConfig config,
      NetworkSettings settings,
      NDManager manager,
      @Nullable Bfloat16Gemm gemm,
      Tensors tensors) {
    this.config = config;
    this.settings = settings;
    this.manager = manager;
    this.gemm = gemm;
    this.rotaries = new Rotaries(config);
    WeightLoader loader = new WeightLoader(config, manager, gemm, tensors);
    this.embedding = loader.weight("model.embed_tokens.weight");
    for (int layer = 0; layer < config.layers(); layer++) {
      blocks.add(loader.block(layer, rotaries.indexOf(layer)));
    }
    this.norm = loader.norm("model.norm", config.hiddenSize());
    Weight output = config.tiedEmbeddings() ? embedding : loader.weight("lm_head.weight");
    this.head = new LmHead(output, settings.vocabularySlice(), config.design().logitCap());
    this.weights = loader.weights();
  }

  /** Loads the weights of an imported model; all of them can be trained. */
  public static Network open(ModelDirectory directory, NetworkSettings settings)
      throws IOException {
    return open(directory, settings, false);
  }

  /**
   * Loads a model whose own weights stay frozen: for scores, and to train an adapter. With {@link
   * Arithmetic#BFLOAT16} its matrices are stored in bfloat16, where the CPU multiplies such.
   */
  public static Network openFrozen(ModelDirectory directory, NetworkSettings settings)
      throws IOException {
    return open(directory, settings, settings.arithmetic() == Arithmetic.BFLOAT16);
  }

  private static Network open(ModelDirectory directory, NetworkSettings settings, boolean rounded)
      throws IOException {
    NDManager manager = TorchOps.newManager(settings.threads());
    boolean stored = rounded && Bfloat16Gemm.isSupported() && !manager.getDevice().isGpu();
    Bfloat16Gemm gemm = stored ? new Bfloat16Gemm(settings.threads()) : null;
    try (Tensors tensors = directory.weights()) {
      return new Network(directory.config(), settings, manager, gemm, tensors);
    } catch (IOException | RuntimeException e) {
      manager.close();
      if (gemm != null) {
        gemm.close();
      }
      throw e;
    }
  }

  /**
   * Makes an adapter trainable, starting from its present values; the base stays frozen.
   *
   * @return its factors, sorted by name
   * @throws IllegalArgumentException when the base has no module of that name and size
   * @throws IllegalStateException when something is trained already
   */
  public List<Parameter> adapt(LoraAdapter initial) {
    requireUntrained();
    requireFits(initial);
    lora = new LoraParameters(initial);
    for (int layer = 0; layer < blocks.size(); layer++) {
      for (LoraTarget target : LoraTarget.of(config)) {
        LoraFactors factors = lora.factors(layer, target, config);
        if (factors != null) {
          blocks.get(layer).projection(target).adapt(factors);
        }
      }
    }
    upload();
    return lora.parameters();
  }

  private void requireUntrained() {
    if (lora != null || embedding.isTrained()) {
      throw new IllegalStateException("the network already has trainable parameters");
    }
  }

  /** Checks that each module of the adapter exists in the base with the same sizes. */
  private void requireFits(LoraAdapter adapter) {
    Map<String, LoraAdapter.Module> unmatched = new HashMap<>(adapter.modules());
    for (int layer = 0; layer < config.layers(); layer++) {
      for (LoraTarget target : LoraTarget.of(config)) {
        for (String name : target.modules()) {
          int out = LoraTarget.outputSize(config, name);
          requireFits(unmatched, LoraTarget.moduleName(layer, name), target, out);
        }
        String fused = target.fusedModule();
        if (config.design().fused() && fused != null) {
          int out = target.outputSize(config);
          requireFits(unmatched, LoraTarget.moduleName(layer, fused), target, out);
        }
      }
    }
    if (!unmatched.isEmpty()) {
      throw new IllegalArgumentException(
          "the base has no linear layer " + unmatched.keySet().iterator().next());
    }
  }

  private void requireFits(
      Map<String, LoraAdapter.Module> unmatched, String path, LoraTarget target, int out) {
    LoraAdapter.Module module = unmatched.remove(path);
    int in = target.inputSize(config);
    if (module != null && (module.in() != in || module.out() != out)) {
      throw new IllegalArgumentException(
          "%s has %d inputs and %d outputs in the adapter, but %d and %d in the base"
              .formatted(path, module.in(), module.out(), in, out));
    }
  }

  /**
   * Makes all weights of the base trainable, instead of an adapter.
   *
   * @return the weights, sorted by their canonical names
   * @throws IllegalStateException when something is trained already, or the weights are frozen
   */
  public List<Parameter> unfreeze() {
    requireUntrained();
    if (gemm != null) {
      throw new IllegalStateException("the network was opened with frozen weights");
    }
    if (config.design().fused()) {
      throw new IllegalArgumentException(
          "training all weights of %s is not supported, for its files hold fused ones; train an adapter"
              .formatted(config.architecture()));
    }
    if (config.design().experts() != null) {
      throw new IllegalArgumentException(
          "training all weights of %s is not supported, for it is a mixture of experts; train an adapter of its attention"
              .formatted(config.architecture()));
    }
    return weights.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .flatMap(entry -> entry.getValue().unfreeze().stream())
        .toList();
  }

  /** Copies the parameters' values into tensors; later passes compute with them. */
  public void upload() {
    weights.values().forEach(Weight::upload);
    for (Block block : blocks) {
      for (Projection projection : block.projections()) {
        LoraFactors factors = projection.lora();
        if (factors != null) {
          factors.upload(manager);
        }
      }
    }
  }

  /**
   * A copy of the adapter with the parameters' present values.
   *
   * @throws IllegalStateException when none is trained
   */
  public LoraAdapter adapter() {
    if (lora == null) {
      throw new IllegalStateException("the network trains no adapter");
    }
    return lora.adapter();
  }

  /** Scores without the adapter: those of the reference, unless the base itself is trained. */
  public TokenScores referenceScores(List<PromptCompletions> rows) {
    try (ForwardPass pass = new ForwardPass(this, rows, false, false)) {
      return pass.scores();
    }
  }

  /** Scores under the policy: with the adapter, if there is one. */
  public TokenScores policyScores(List<PromptCompletions> rows) {
    try (ForwardPass pass = new ForwardPass(this, rows, true, false)) {
      return pass.scores();
    }
  }

  /**
   * KL(policy ‖ reference) between whole next-token distributions, in nats a token, in the shape of
   * {@link TokenScores#logps}. The reference is the base without the adapter.
   */
  public float[][] klDivergences(List<PromptCompletions> rows) {
    try (ForwardPass policy = new ForwardPass(this, rows, true, false);
        ForwardPass reference = new ForwardPass(this, rows, false, false)) {
      return policy.klDivergences(reference);
    }
  }

  /**
   * Samples a completion for each prompt from the policy, without truncation.
   *
   * @param maxTokens of a completion
   * @return one completion a prompt, with its end token unless {@code maxTokens} cut it off
   */
  public List<int[]> sample(
      List<int[]> prompts, int maxTokens, double temperature, RandomGenerator random) {
    try (NDManager scope = manager.newSubManager()) {
      return new Decoder(this, scope, prompts, maxTokens, temperature).sample(random);
    }
  }

  /** Runs the policy and keeps what a backward pass needs; the caller closes the pass. */
  public ForwardPass forward(List<PromptCompletions> rows) {
    return new ForwardPass(this, rows, true, true);
  }

  ModelConfig config() {
    return config;
  }

  List<Rotary> rotaries(NDManager pass, int[] positions) {
    return rotaries.at(pass, positions);
  }

  /** The embedded tokens, {@code [ids, hidden]}. */
  NDArray embedded(NDManager pass, int[] ids) {
    NDArray rows = embedding.select(pass, ids);
    double multiplier = config.design().embeddingMultiplier();
    return multiplier == 1 ? rows : rows.muli((float) multiplier);
  }

  /** The head's input, given the last block's output. */
  NDArray headInput(NDArray rows) {
    NDArray normed = norm.forward(rows, norm.rms(rows));
    double multiplier = config.design().logitMultiplier();
    return multiplier == 1 ? normed : normed.muli((float) multiplier);
  }

  NDManager manager() {
    return manager;
  }

  NetworkSettings settings() {
    return settings;
  }

  /** Whether frozen weights are rounded to bfloat16, so that scores are not those of float32. */
  public boolean storesBfloat16() {
    return gemm != null;
  }

  /** How PyTorch multiplies in training passes: what is in bfloat16 here, it does not multiply. */
  Arithmetic tensorArithmetic() {
    return gemm == null ? settings.arithmetic() : Arithmetic.FLOAT32;
  }

  List<Block> blocks() {
    return blocks;
  }

  Weight embedding() {
    return embedding;
  }

  RmsNorm finalNorm() {
    return norm;
  }

  LmHead head() {
    return head;
  }

  MicroBatch microBatch(NDManager pass, List<PromptCompletions> rows) {
    rows.forEach(this::requireKnownTokens);
    return MicroBatch.of(pass, Layout.of(rows), config, rotaries);
  }

  private void requireKnownTokens(PromptCompletions row) {
    IntStream.concat(
            IntStream.of(row.prompt()), row.completions().stream().flatMapToInt(IntStream::of))
        .filter(id -> id < 0 || id >= config.vocabularySize())
        .findFirst()
        .ifPresent(
            id -> {
              throw new IllegalArgumentException(
                  "token id %d is outside the vocabulary of %d tokens"
                      .formatted(id, config.vocabularySize()));
            });
  }

  @Override
  public void close() {
    manager.close();
    weights.values().forEach(Weight::close);
    if (gemm != null) {
      gemm.close();
    }
    MallocTuning.returnUnused();
  }
}
