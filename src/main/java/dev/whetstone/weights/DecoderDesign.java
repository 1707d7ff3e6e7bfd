package dev.whetstone.weights;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What distinguishes a decoder from Llama's. The programs that run a model read this and know no
 * names of models.
 *
 * @param norms where a block's norms stand
 * @param normOffset added to the stored weights of all norms
 * @param queryKeyNorm how queries and keys are normed before they are rotated
 * @param activation of the gate
 * @param attentionScale that scores are multiplied with; 0 stands for 1 / sqrt(headDim)
 * @param attentionCap scores s become {@code cap tanh(s / cap)}; 0 where there is no cap
 * @param logitCap the same for logits
 * @param embeddingMultiplier of the embedded tokens
 * @param residualMultiplier of what attention and MLP add to the residual stream
 * @param logitMultiplier of the logits, before their cap
 * @param layers of each layer; empty where all attend to everything with the model's rope
 * @param fused whether the publisher stores q, k, v and gate, up as one matrix each, so that an
 *     adapter's A is one for all of them
 * @param experts of a sparse mixture in place of each MLP; null where MLPs are dense
 */
public record DecoderDesign(
    NormPlacement norms,
    double normOffset,
    QueryKeyNorm queryKeyNorm,
    Activation activation,
    double attentionScale,
    double attentionCap,
    double logitCap,
    double embeddingMultiplier,
    double residualMultiplier,
    double logitMultiplier,
    List<Layer> layers,
    boolean fused,
    @Nullable Experts experts) {
  /** Where the norms of a block stand. */
  public enum NormPlacement {
    /** Before attention and before the MLP. */
    BEFORE,

    /** After attention and after the MLP, ahead of the residual sums. */
    AFTER,

    /** Both before and after. */
    AROUND;

    /** Name of the norm before attention; null if there is none. */
    public @Nullable String beforeAttention() {
      return this == AFTER ? null : "input_layernorm";
    }

    /** Name of the norm after attention; null if there is none. */
    public @Nullable String afterAttention() {
      return this == BEFORE ? null : "post_attention_layernorm";
    }

    /** Name of the norm before the MLP; null if there is none. */
    public @Nullable String beforeMlp() {
      return switch (this) {
        case BEFORE -> "post_attention_layernorm";
        case AFTER -> null;
        case AROUND -> "pre_feedforward_layernorm";
      };
    }

    /** Name of the norm after the MLP; null if there is none. */
    public @Nullable String afterMlp() {
      return this == BEFORE ? null : "post_feedforward_layernorm";
    }
  }

  /** How queries and keys are normed. */
  public enum QueryKeyNorm {
    NONE,

    /** Each head by itself, with one weight for all heads. */
    HEADS,

    /** All heads together. */
    WHOLE
  }

  /** The function of the gate. */
  public enum Activation {
    SILU,

    /** GELU in its approximation by tanh (Hendrycks and Gimpel 2016). */
    GELU_TANH
  }

  /**
   * A layer's attention.
   *
   * @param window the last tokens that a token attends to, itself included; 0 for all
   * @param rope null where nothing is rotated
   */
  public record Layer(int window, @Nullable Rope rope) {}

  /**
   * A sparse mixture of gated MLPs (Shazeer et al. 2017): a router gives each expert a probability,
   * and a token's output is the sum of those of the most probable experts, each times its own.
   *
   * @param count of the experts of a layer
   * @param chosen how many of them a token is fed to
   * @param normalised whether the probabilities of the chosen ones are made to add up to 1
   */
  public record Experts(int count, int chosen, boolean normalised) {
    private static final int MAX = 4096;

    public Experts {
      if (chosen < 1 || count < chosen || count > MAX) {
        throw new ModelFormatException(
            "a mixture of %d experts of which %d are chosen".formatted(count, chosen));
      }
    }

    /** Canonical name of a layer's router, without ".weight". */
    public static String router(int layer) {
      return "model.layers." + layer + ".mlp.gate";
    }

    /** Canonical names of the linear layers that read an expert's input. */
    public static List<String> gateAndUp(int layer, int expert) {
      return List.of(module(layer, expert, "gate_proj"), module(layer, expert, "up_proj"));
    }

    /** Canonical name of the linear layer that writes an expert's output. */
    public static String down(int layer, int expert) {
      return module(layer, expert, "down_proj");
    }

    static String module(int layer, int expert, String name) {
      return "model.layers." + layer + ".mlp.experts." + expert + "." + name;
    }
  }

  /** Checks what no model can have. */
  public DecoderDesign {
    layers = List.copyOf(layers);
    for (double value :
        new double[] {attentionScale, attentionCap, logitCap, normOffset, embeddingMultiplier}) {
      if (!(value >= 0) || !Double.isFinite(value)) {
        throw new ModelFormatException("a scale of the model is " + value);
      }
    }
    if (!(residualMultiplier > 0) || !(logitMultiplier > 0) || !(embeddingMultiplier > 0)) {
      throw new ModelFormatException("a multiplier of the model is not positive");
    }
  }

  /** Llama's own design. */
  public static final DecoderDesign PLAIN = builder().build();

  /** Starts from Llama's design. */
  static Builder builder() {
    return new Builder();
  }

  /** Sets what differs from Llama's design. */
  static final class Builder {
    NormPlacement norms = NormPlacement.BEFORE;
    double normOffset;
    QueryKeyNorm queryKeyNorm = QueryKeyNorm.NONE;
    Activation activation = Activation.SILU;
    double attentionScale;
    double attentionCap;
    double logitCap;
    double embeddingMultiplier = 1;
    double residualMultiplier = 1;
    double logitMultiplier = 1;
    List<Layer> layers = List.of();
    boolean fused;
    @Nullable Experts experts;

    DecoderDesign build() {
      return new DecoderDesign(
          norms,
          normOffset,
          queryKeyNorm,
          activation,
          attentionScale,
          attentionCap,
          logitCap,
          embeddingMultiplier,
          residualMultiplier,
          logitMultiplier,
          layers,
          fused,
          experts);
    }
  }
}
