package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.Bfloat16Gemm;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.DecoderDesign;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Loads a model's weights, and makes the parts of a network that compute with them. */
final class WeightLoader {
  private final ModelConfig config;
  private final NDManager manager;
  private final @Nullable Bfloat16Gemm gemm;
  private final Tensors tensors;
  private final Map<String, Weight> weights = new HashMap<>();

  /**
   * Makes a loader.
   *
   * @param manager owns what is loaded
   * @param gemm null unless matrices are stored in bfloat16
   */
  WeightLoader(
      ModelConfig config, NDManager manager, @Nullable Bfloat16Gemm gemm, Tensors tensors) {
    this.config = config;
    this.manager = manager;
    this.gemm = gemm;
    this.tensors = tensors;
  }

  /** What was loaded, each by the name of its first tensor. */
  Map<String, Weight> weights() {
    return weights;
  }

  /**
   * Makes a block of its weights.
   *
   * @param rotary which of a micro-batch's rotary tables it uses
   */
  Block block(int layer, int rotary) {
    Map<LoraTarget, Projection> projections = new EnumMap<>(LoraTarget.class);
    for (LoraTarget target : LoraTarget.of(config)) {
      String[] names =
          target.modules().stream()
              .map(module -> LoraTarget.moduleName(layer, module))
              .toArray(String[]::new);
      Weight bias =
          target == LoraTarget.QKV && config.qkvBias() ? weight(suffixed(names, ".bias")) : null;
      projections.put(target, new Projection(weight(suffixed(names, ".weight")), bias));
    }
    return new Block(config, layer, norms(layer), projections, mixture(layer), rotary);
  }

  private @Nullable Mixture mixture(int layer) {
    DecoderDesign.Experts design = config.design().experts();
    if (design == null) {
      return null;
    }
    String name = DecoderDesign.Experts.router(layer) + ".weight";
    // Rounded to bfloat16 it would choose other experts than the gateway's.
    Weight router = Weight.load(manager, null, tensors, name);
    weights.put(name, router);
    List<Mixture.Expert> experts = new ArrayList<>();
    for (int expert = 0; expert < design.count(); expert++) {
      String[] gateAndUp = DecoderDesign.Experts.gateAndUp(layer, expert).toArray(String[]::new);
      experts.add(
          new Mixture.Expert(
              weight(suffixed(gateAndUp, ".weight")),
              weight(DecoderDesign.Experts.down(layer, expert) + ".weight")));
    }
    return new Mixture(config, router, experts);
  }

  private Block.Norms norms(int layer) {
    DecoderDesign.NormPlacement placement = config.design().norms();
    return new Block.Norms(
        norm(layer, placement.beforeAttention()),
        queryKeyNorms(layer),
        norm(layer, placement.afterAttention()),
        norm(layer, placement.beforeMlp()),
        norm(layer, placement.afterMlp()));
  }

  private @Nullable RmsNorm norm(int layer, @Nullable String name) {
    return name == null ? null : norm(LoraTarget.moduleName(layer, name), config.hiddenSize());
  }

  private @Nullable QueryKeyNorms queryKeyNorms(int layer) {
    DecoderDesign.QueryKeyNorm kind = config.design().queryKeyNorm();
    if (kind == DecoderDesign.QueryKeyNorm.NONE) {
      return null;
    }
    boolean byHead = kind == DecoderDesign.QueryKeyNorm.HEADS;
    int queries = config.heads() * config.headDim();
    int keys = config.kvHeads() * config.headDim();
    return new QueryKeyNorms(
        norm(LoraTarget.moduleName(layer, "self_attn.q_norm"), byHead ? config.headDim() : queries),
        norm(LoraTarget.moduleName(layer, "self_attn.k_norm"), byHead ? config.headDim() : keys),
        queries,
        keys,
        byHead,
        config.headDim());
  }

  /** Makes a norm of rows of a width. */
  RmsNorm norm(String name, int width) {
    return new RmsNorm(
        weight(name + ".weight"),
        Scalars.of(manager, width, config.rmsNormEpsilon()),
        config.design().normOffset());
  }

  private static String[] suffixed(String[] names, String suffix) {
    return Arrays.stream(names).map(name -> name + suffix).toArray(String[]::new);
  }

  /** Loads tensors as one matrix, one above the other. */
  Weight weight(String... names) {
    Weight weight = Weight.load(manager, gemm, tensors, names);
    weights.put(names[0], weight);
    return weight;
  }
}
