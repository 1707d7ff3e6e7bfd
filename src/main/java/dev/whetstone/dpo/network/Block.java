package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.ModelConfig;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A transformer block of the Llama family. */
final class Block {
  /**
   * What the backward pass needs: {@code [tokens, ...]}, and from {@code middle} on, as {@code low}
   * of the sites there, {@code [wanted, ...]}.
   *
   * @param wanted the tokens whose output was asked for
   * @param qkv after rotation
   * @param middle the residual stream between attention and MLP
   * @param low inputs in LoRA's inner dimension
   */
  record Activations(
      Selection wanted,
      NDArray input,
      NDArray inputLengths,
      NDArray qkv,
      NDArray attended,
      NDArray middle,
      NDArray middleLengths,
      NDArray gateUp,
      Map<LoraTarget, NDArray> low,
      NDArray output) {}

  private final RmsNorm inputNorm;
  private final RmsNorm middleNorm;
  private final Map<LoraTarget, Projection> projections;
  private final CausalAttention attention;
  private final SwiGlu activation;

  Block(
      ModelConfig config,
      Scalars scalars,
      RmsNorm inputNorm,
      RmsNorm middleNorm,
      Map<LoraTarget, Projection> projections) {
    this.inputNorm = inputNorm;
    this.middleNorm = middleNorm;
    this.projections = new EnumMap<>(projections);
    this.attention = new CausalAttention(config);
    this.activation = new SwiGlu(config.intermediateSize());
  }

  Projection projection(LoraTarget site) {
    Projection projection = projections.get(site);
    if (projection == null) {
      throw new IllegalArgumentException("there is no projection " + site);
    }
    return projection;
  }

  /** Runs the block; everything in the answer but the input belongs to {@code keeper}. */
  Activations forward(
      NDManager keeper, NDArray input, Selection wanted, MicroBatch batch, boolean adapted) {
    return forward(
        keeper, input, wanted, batch.rotary(), qkv -> attend(qkv, batch.attention()), adapted);
  }

  NDArray attend(NDArray qkv, AttentionPlan plan) {
    return attention.forward(qkv, plan);
  }

  /** The same with another attention: qkv after rotation to what is attended to. */
  Activations forward(
      NDManager keeper,
      NDArray input,
      Selection wanted,
      Rotary rotary,
      UnaryOperator<NDArray> attend,
      boolean adapted) {
    try (NDManager scope = keeper.newSubManager()) {
      input.tempAttach(scope);
      Map<LoraTarget, NDArray> low = new EnumMap<>(LoraTarget.class);
      NDArray inputLengths = inputNorm.lengths(input);
      NDArray normed = inputNorm.forward(input, inputLengths);
      NDArray qkv = project(LoraTarget.QKV, normed, null, adapted, low);
      rotary.turn(qkv);
      NDArray attended = attend.apply(qkv);
      NDArray middle = project(LoraTarget.O, wanted.of(attended), wanted.of(input), adapted, low);
      NDArray middleLengths = middleNorm.lengths(middle);
      NDArray gateUp =
          project(
              LoraTarget.GATE_UP, middleNorm.forward(middle, middleLengths), null, adapted, low);
      NDArray output = project(LoraTarget.DOWN, activation.forward(gateUp), middle, adapted, low);
      Activations kept =
          new Activations(
              wanted,
              input,
              inputLengths,
              qkv,
              attended,
              middle,
              middleLengths,
              gateUp,
              Map.copyOf(low),
              output);
      keep(keeper, kept);
      return kept;
    }
  }

  private static void keep(NDManager keeper, Activations kept) {
    for (NDArray array :
        new NDArray[] {
          kept.inputLengths,
          kept.qkv,
          kept.attended,
          kept.middle,
          kept.middleLengths,
          kept.gateUp,
          kept.output
        }) {
      array.attach(keeper);
    }
    kept.low.values().forEach(array -> array.attach(keeper));
  }

  private NDArray project(
      LoraTarget site,
      NDArray x,
      @Nullable NDArray residual,
      boolean adapted,
      Map<LoraTarget, NDArray> low) {
    Projection.Output output = projection(site).forward(x, residual, adapted);
    if (output.low() != null) {
      low.put(site, output.low());
    }
    return output.y();
  }

  /**
   * Gradient of the block's input, in {@code keeper}, given that of its output. Uses the
   * activations up.
   */
  NDArray backward(NDManager keeper, NDArray dOutput, Activations kept, MicroBatch batch) {
    try (NDManager scope = keeper.newSubManager()) {
      borrow(scope, kept);
      dOutput.tempAttach(scope);
      NDArray dMiddle = mlp(dOutput, kept).addi(dOutput);
      NDArray dInput = attention(dMiddle, kept, batch).addi(kept.wanted.back(dMiddle));
      dInput.attach(keeper);
      return dInput;
    }
  }

  private static void borrow(NDManager scope, Activations kept) {
    for (NDArray array :
        new NDArray[] {kept.input, kept.qkv, kept.attended, kept.middle, kept.gateUp}) {
      array.tempAttach(scope);
    }
  }

  private NDArray mlp(NDArray dOutput, Activations kept) {
    SwiGlu.Activated activated = activation.again(kept.gateUp);
    NDArray dh =
        projection(LoraTarget.DOWN).backward(dOutput, activated.h(), kept.low.get(LoraTarget.DOWN));
    NDArray dGateUp = activation.backward(dh, kept.gateUp, activated);
    NDArray dNormed =
        projection(LoraTarget.GATE_UP)
            .backward(
                dGateUp,
                middleNorm.forward(kept.middle, kept.middleLengths),
                kept.low.get(LoraTarget.GATE_UP));
    return middleNorm.backward(dNormed, kept.middle, kept.middleLengths);
  }

  private NDArray attention(NDArray dMiddle, Activations kept, MicroBatch batch) {
    NDArray dWanted =
        projection(LoraTarget.O)
            .backward(dMiddle, kept.wanted.of(kept.attended), kept.low.get(LoraTarget.O));
    NDArray dAttended = kept.wanted.back(dWanted);
    NDArray dQkv = attention.backward(dAttended, kept.attended, kept.qkv, batch.attention());
    batch.rotary().turnBack(dQkv);
    NDArray dNormed =
        projection(LoraTarget.QKV)
            .backward(
                dQkv,
                inputNorm.forward(kept.input, kept.inputLengths),
                kept.low.get(LoraTarget.QKV));
    return inputNorm.backward(dNormed, kept.input, kept.inputLengths);
  }
}
