package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.ModelConfig;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A transformer block of the Llama family: attention and SwiGLU, each after an RMS norm. */
final class Block {
  /**
   * What the backward pass needs. Shapes are {@code [tokens, ...]} up to {@code attended}, and
   * {@code [selected, ...]} from {@code postAttention} on; of the LoRA inputs only QKV's has a row
   * for every token.
   *
   * @param selection the tokens whose output was asked for
   * @param inputRms {@code [tokens, 1]}
   * @param qkv queries, keys and values after rotation
   * @param postAttention the residual stream between attention and MLP
   * @param loraHidden {@code A x} of each target, {@code [.., modules * rank]}
   */
  record Activations(
      Selection selection,
      NDArray input,
      NDArray inputRms,
      NDArray qkv,
      NDArray attended,
      NDArray postAttention,
      NDArray postAttentionRms,
      NDArray gateUp,
      Map<LoraTarget, NDArray> loraHidden,
      NDArray output) {}

  private final RmsNorm inputNorm;
  private final RmsNorm mlpNorm;
  private final Map<LoraTarget, Projection> projections;
  private final CausalAttention attention;
  private final SwiGlu activation;

  Block(
      ModelConfig config,
      Scalars scalars,
      RmsNorm inputNorm,
      RmsNorm mlpNorm,
      Map<LoraTarget, Projection> projections) {
    this.inputNorm = inputNorm;
    this.mlpNorm = mlpNorm;
    this.projections = new EnumMap<>(projections);
    this.attention = new CausalAttention(config);
    this.activation = new SwiGlu(config.intermediateSize());
  }

  Projection projection(LoraTarget target) {
    Projection projection = projections.get(target);
    if (projection == null) {
      throw new IllegalArgumentException("there is no projection " + target);
    }
    return projection;
  }

  /** Runs the block; {@code owner} gets all tensors of the result except the input. */
  Activations forward(
      NDManager owner, NDArray input, Selection selection, MicroBatch batch, boolean adapted) {
    return forward(
        owner, input, selection, batch.rotary(), qkv -> attend(qkv, batch.attention()), adapted);
  }

  NDArray attend(NDArray qkv, AttentionPlan plan) {
    return attention.forward(qkv, plan);
  }

  /** The same with another attention, a function from rotated qkv to attended values. */
  Activations forward(
      NDManager owner,
      NDArray input,
      Selection selection,
      Rotary rotary,
      UnaryOperator<NDArray> attend,
      boolean adapted) {
    try (NDManager scope = owner.newSubManager()) {
      input.tempAttach(scope);
      Map<LoraTarget, NDArray> loraHidden = new EnumMap<>(LoraTarget.class);
      NDArray inputRms = inputNorm.rms(input);
      NDArray normed = inputNorm.forward(input, inputRms);
      NDArray qkv = project(LoraTarget.QKV, normed, null, adapted, loraHidden);
      rotary.rotate(qkv);
      NDArray attended = attend.apply(qkv);
      NDArray postAttention =
          project(
              LoraTarget.O,
              selection.select(attended),
              selection.select(input),
              adapted,
              loraHidden);
      NDArray postAttentionRms = mlpNorm.rms(postAttention);
      NDArray gateUp =
          project(
              LoraTarget.GATE_UP,
              mlpNorm.forward(postAttention, postAttentionRms),
              null,
              adapted,
              loraHidden);
      NDArray output =
          project(LoraTarget.DOWN, activation.forward(gateUp), postAttention, adapted, loraHidden);
      Activations activations =
          new Activations(
              selection,
              input,
              inputRms,
              qkv,
              attended,
              postAttention,
              postAttentionRms,
              gateUp,
              Map.copyOf(loraHidden),
              output);
      attach(owner, activations);
      return activations;
    }
  }

  private static void attach(NDManager owner, Activations kept) {
    for (NDArray array :
        new NDArray[] {
          kept.inputRms,
          kept.qkv,
          kept.attended,
          kept.postAttention,
          kept.postAttentionRms,
          kept.gateUp,
          kept.output
        }) {
      array.attach(owner);
    }
    kept.loraHidden.values().forEach(array -> array.attach(owner));
  }

  private NDArray project(
      LoraTarget target,
      NDArray x,
      @Nullable NDArray residual,
      boolean adapted,
      Map<LoraTarget, NDArray> loraHidden) {
    Projection.Output output = projection(target).forward(x, residual, adapted);
    if (output.loraHidden() != null) {
      loraHidden.put(target, output.loraHidden());
    }
    return output.y();
  }

  /** Gradient of the input, in {@code owner}. Overwrites activations: can be called once. */
  NDArray backward(NDManager owner, NDArray dOutput, Activations kept, MicroBatch batch) {
    try (NDManager scope = owner.newSubManager()) {
      attachTemporarily(scope, kept);
      dOutput.tempAttach(scope);
      NDArray dPostAttention = mlpBackward(dOutput, kept).addi(dOutput);
      NDArray dInput =
          attentionBackward(dPostAttention, kept, batch)
              .addi(kept.selection.scatter(dPostAttention));
      dInput.attach(owner);
      return dInput;
    }
  }

  private static void attachTemporarily(NDManager scope, Activations kept) {
    for (NDArray array :
        new NDArray[] {kept.input, kept.qkv, kept.attended, kept.postAttention, kept.gateUp}) {
      array.tempAttach(scope);
    }
  }

  private NDArray mlpBackward(NDArray dOutput, Activations kept) {
    SwiGlu.Activated activated = activation.recompute(kept.gateUp);
    NDArray dh = backward(LoraTarget.DOWN, dOutput, activated.h(), kept);
    NDArray dGateUp = activation.backward(dh, kept.gateUp, activated);
    NDArray normed = mlpNorm.forward(kept.postAttention, kept.postAttentionRms);
    NDArray dNormed = backward(LoraTarget.GATE_UP, dGateUp, normed, kept);
    return mlpNorm.backward(dNormed, kept.postAttention, kept.postAttentionRms);
  }

  private NDArray attentionBackward(NDArray dPostAttention, Activations kept, MicroBatch batch) {
    NDArray selected = kept.selection.select(kept.attended);
    NDArray dSelected = backward(LoraTarget.O, dPostAttention, selected, kept);
    NDArray dAttended = kept.selection.scatter(dSelected);
    NDArray dQkv = attention.backward(dAttended, kept.attended, kept.qkv, batch.attention());
    batch.rotary().rotateBack(dQkv);
    NDArray normed = inputNorm.forward(kept.input, kept.inputRms);
    NDArray dNormed = backward(LoraTarget.QKV, dQkv, normed, kept);
    return inputNorm.backward(dNormed, kept.input, kept.inputRms);
  }

  private NDArray backward(LoraTarget target, NDArray dOutput, NDArray input, Activations kept) {
    return projection(target).backward(dOutput, input, kept.loraHidden.get(target));
  }
}
