package dev.whetstone.lora;

import dev.whetstone.weights.ModelConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A place in a transformer block where LoRA products are added. Modules that read the same input
 * share a target, so that one product with the concatenated A matrices serves them all.
 */
public enum LoraTarget {
  QKV("qkv"),
  O("o"),
  GATE_UP("gate_up"),
  DOWN("down");

  private static final List<LoraTarget> ATTENTION = List.of(QKV, O);
  private static final List<LoraTarget> ALL = List.of(values());

  private final String label;

  LoraTarget(String label) {
    this.label = label;
  }

  /** The targets that a model's blocks have; where experts are, adapters are on the attention. */
  public static List<LoraTarget> of(ModelConfig config) {
    return config.design().experts() == null ? ALL : ATTENTION;
  }

  /** Module names within a block, in the order in which their outputs are concatenated. */
  public List<String> modules() {
    return switch (this) {
      case QKV -> List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj");
      case O -> List.of("self_attn.o_proj");
      case GATE_UP -> List.of("mlp.gate_proj", "mlp.up_proj");
      case DOWN -> List.of("mlp.down_proj");
    };
  }

  /**
   * The one module that some publishers store the target's modules as, in their order; null if none
   * does.
   */
  public @Nullable String fusedModule() {
    return switch (this) {
      case QKV -> "self_attn.qkv_proj";
      case GATE_UP -> "mlp.gate_up_proj";
      case O, DOWN -> null;
    };
  }

  /** How many values the target's modules read. */
  public int inputSize(ModelConfig config) {
    return switch (this) {
      case QKV, GATE_UP -> config.hiddenSize();
      case O -> config.heads() * config.headDim();
      case DOWN -> config.intermediateSize();
    };
  }

  /** How many values the target's modules write together. */
  public int outputSize(ModelConfig config) {
    return modules().stream().mapToInt(module -> outputSize(config, module)).sum();
  }

  /**
   * How many values a module writes.
   *
   * @throws IllegalArgumentException when a block has no such linear layer
   */
  public static int outputSize(ModelConfig config, String module) {
    return switch (module) {
      case "self_attn.q_proj" -> config.heads() * config.headDim();
      case "self_attn.k_proj", "self_attn.v_proj" -> config.kvHeads() * config.headDim();
      case "mlp.gate_proj", "mlp.up_proj" -> config.intermediateSize();
      case "self_attn.o_proj", "mlp.down_proj" -> config.hiddenSize();
      default -> throw new IllegalArgumentException("there is no linear layer " + module);
    };
  }

  /** Canonical name of one of the target's modules, as in "model.layers.0.mlp.up_proj". */
  public static String moduleName(int layer, String module) {
    return "model.layers." + layer + "." + module;
  }

  /** Prefix of the names of the target's nodes in the graph. */
  public String nodePrefix(int layer) {
    return "layer." + layer + "." + label;
  }

  /** Name of the graph input {@code [parts, modules * rank / parts, in]}. */
  public String inputA(int layer) {
    return "lora." + layer + "." + label + ".a";
  }

  /**
   * The number of products that the multiplication with A is split into. The runtime runs each on
   * one core, so there are at least two.
   */
  public int parts() {
    return Math.max(2, modules().size());
  }

  /** Whether a part has half of one module's ranks, instead of all ranks of a module. */
  public boolean splitsRanks() {
    return parts() > modules().size();
  }

  /** Name of the graph input {@code [blocks, rank, width]}. */
  public String inputB(int layer) {
    return "lora." + layer + "." + label + ".b";
  }

  /**
   * The number of blocks of equal width that the modules' concatenated outputs, and B, split into.
   */
  public int blocks(ModelConfig config) {
    return switch (this) {
      case QKV -> config.heads() / config.kvHeads() + 2;
      case O, GATE_UP, DOWN -> 2;
    };
  }
}
