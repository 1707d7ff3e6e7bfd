package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.ModelConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A transformer block: attention and a gated MLP, with norms where the design has them. */
final class Block {
  /**
   * What the backward pass needs. Shapes are {@code [tokens, ...]} up to {@code attended}, and
   * {@code [selected, ...]} from {@code attentionAdded} on; of the LoRA inputs only QKV's has a row
   * for every token.
   *
   * @param selection the tokens whose output was asked for
   * @param inputRms {@code [tokens, 1]}; null without that norm, as the others
   * @param qkv queries, keys and values after rotation
   * @param queryKeys queries and keys before their norms
   * @param gateUp null where experts are, as {@code experts} is elsewhere
   * @param attentionAdded with the residual stream between attention and MLP as its sum
   * @param loraHidden {@code A x} of each target, {@code [.., modules * rank]}
   * @param mlpAdded with the block's output as its sum
   */
  record Activations(
      Selection selection,
      NDArray input,
      @Nullable NDArray inputRms,
      NDArray qkv,
      QueryKeyNorms.@Nullable Kept queryKeys,
      NDArray attended,
      Added.Sum attentionAdded,
      @Nullable NDArray postAttentionRms,
      @Nullable NDArray gateUp,
      Mixture.@Nullable Kept experts,
      Map<LoraTarget, NDArray> loraHidden,
      Added.Sum mlpAdded) {
    NDArray postAttention() {
      return attentionAdded.sum();
    }

    NDArray output() {
      return mlpAdded.sum();
    }

    private List<NDArray> arrays() {
      List<@Nullable NDArray> all = new ArrayList<>();
      all.add(inputRms);
      all.add(qkv);
      if (queryKeys != null) {
        all.addAll(List.of(queryKeys.arrays()));
      }
      all.add(attended);
      for (Added.Sum added : List.of(attentionAdded, mlpAdded)) {
        all.add(added.sum());
        all.add(added.output());
        all.add(added.rms());
      }
      all.add(postAttentionRms);
      all.add(gateUp);
      if (experts != null) {
        experts.arrays().forEach(all::add);
      }
      return all.stream().filter(Objects::nonNull).map(Objects::requireNonNull).toList();
    }
  }

  /**
   * The norms of a block; each is null where the design has none.
   *
   * @param queriesAndKeys before they are rotated
   */
  record Norms(
      @Nullable RmsNorm beforeAttention,
      @Nullable QueryKeyNorms queriesAndKeys,
      @Nullable RmsNorm afterAttention,
      @Nullable RmsNorm beforeMlp,
      @Nullable RmsNorm afterMlp) {}

  private final Norms norms;
  private final Map<LoraTarget, Projection> projections;
  private final @Nullable Mixture mixture;
  private final CausalAttention attention;
  private final GatedActivation activation;
  private final Added attentionAdded;
  private final Added mlpAdded;
  private final int rotary;

  /**
   * Makes a block.
   *
   * @param mixture in place of the MLP; null where that is dense
   * @param rotary which of a micro-batch's rotary tables it uses
   */
  Block(
      ModelConfig config,
      int layer,
      Norms norms,
      Map<LoraTarget, Projection> projections,
      @Nullable Mixture mixture,
      int rotary) {
    this.norms = norms;
    this.projections = new EnumMap<>(projections);
    this.mixture = mixture;
    this.attention = new CausalAttention(config, layer);
    this.activation = new GatedActivation(config.design().activation(), config.intermediateSize());
    double multiplier = config.design().residualMultiplier();
    this.attentionAdded = new Added(norms.afterAttention, multiplier);
    this.mlpAdded = new Added(norms.afterMlp, multiplier);
    this.rotary = rotary;
  }

  Projection projection(LoraTarget target) {
    Projection projection = projections.get(target);
    if (projection == null) {
      throw new IllegalArgumentException("there is no projection " + target);
    }
    return projection;
  }

  Collection<Projection> projections() {
    return projections.values();
  }

  /** Runs the block; {@code owner} gets all tensors of the result except the input. */
  Activations forward(
      NDManager owner, NDArray input, Selection selection, MicroBatch batch, boolean adapted) {
    return forward(
        owner, input, selection, batch.rotaries(), qkv -> attend(qkv, batch.attention()), adapted);
  }

  NDArray attend(NDArray qkv, AttentionPlan plan) {
    return attention.forward(qkv, plan);
  }

  /** The same with another attention, a function from rotated qkv to attended values. */
  Activations forward(
      NDManager owner,
      NDArray input,
      Selection selection,
      List<Rotary> rotaries,
      UnaryOperator<NDArray> attend,
      boolean adapted) {
    try (NDManager scope = owner.newSubManager()) {
      input.tempAttach(scope);
      Map<LoraTarget, NDArray> loraHidden = new EnumMap<>(LoraTarget.class);
      NDArray inputRms = rms(norms.beforeAttention, input);
      NDArray normed = normed(norms.beforeAttention, input, inputRms);
      NDArray qkv = project(LoraTarget.QKV, normed, null, adapted, loraHidden);
      QueryKeyNorms.Kept queryKeys = null;
      if (norms.queriesAndKeys != null) {
        QueryKeyNorms.Normed both = norms.queriesAndKeys.forward(qkv);
        qkv = both.qkv();
        queryKeys = both.kept();
      }
      rotaries.get(rotary).rotate(qkv);
      NDArray attended = attend.apply(qkv);
      Added.Sum postAttention =
          add(
              attentionAdded,
              LoraTarget.O,
              selection.select(attended),
              selection.select(input),
              adapted,
              loraHidden);
      NDArray postAttentionRms = rms(norms.beforeMlp, postAttention.sum());
      NDArray mlpInput = normed(norms.beforeMlp, postAttention.sum(), postAttentionRms);
      NDArray gateUp = null;
      Mixture.Kept experts = null;
      Added.Sum output;
      if (mixture == null) {
        gateUp = project(LoraTarget.GATE_UP, mlpInput, null, adapted, loraHidden);
        output =
            add(
                mlpAdded,
                LoraTarget.DOWN,
                activation.forward(gateUp),
                postAttention.sum(),
                adapted,
                loraHidden);
      } else {
        Mixture.Output mixed = mixture.forward(mlpInput);
        experts = mixed.kept();
        output = mlpAdded.add(mixed.sum(), postAttention.sum());
      }
      Activations activations =
          new Activations(
              selection,
              input,
              inputRms,
              qkv,
              queryKeys,
              attended,
              postAttention,
              postAttentionRms,
              gateUp,
              experts,
              Map.copyOf(loraHidden),
              output);
      activations.arrays().forEach(array -> array.attach(owner));
      loraHidden.values().forEach(array -> array.attach(owner));
      return activations;
    }
  }

  private static @Nullable NDArray rms(@Nullable RmsNorm norm, NDArray x) {
    return norm == null ? null : norm.rms(x);
  }

  private static NDArray normed(@Nullable RmsNorm norm, NDArray x, @Nullable NDArray rms) {
    return norm == null || rms == null ? x : norm.forward(x, rms);
  }

  private Added.Sum add(
      Added added,
      LoraTarget target,
      NDArray x,
      NDArray residual,
      boolean adapted,
      Map<LoraTarget, NDArray> loraHidden) {
    return added.isPlain()
        ? new Added.Sum(project(target, x, residual, adapted, loraHidden), null, null)
        : added.add(project(target, x, null, adapted, loraHidden), residual);
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
      kept.input.tempAttach(scope);
      kept.arrays().forEach(array -> array.tempAttach(scope));
      dOutput.tempAttach(scope);
      NDArray dPostAttention = mlpBackward(dOutput, kept).addi(dOutput);
      NDArray dInput =
          attentionBackward(dPostAttention, kept, batch)
              .addi(kept.selection.scatter(dPostAttention));
      dInput.attach(owner);
      return dInput;
    }
  }

  private NDArray mlpBackward(NDArray dOutput, Activations kept) {
    NDArray dDown = backward(mlpAdded, dOutput, kept.mlpAdded);
    if (mixture != null) {
      Mixture.Kept experts = Objects.requireNonNull(kept.experts);
      return throughNorm(
          norms.beforeMlp,
          kept.postAttention(),
          kept.postAttentionRms,
          _ -> mixture.backward(dDown, experts));
    }
    NDArray gateUp = Objects.requireNonNull(kept.gateUp);
    GatedActivation.Activated activated = activation.recompute(gateUp);
    NDArray dh = backward(LoraTarget.DOWN, dDown, activated.h(), kept);
    NDArray dGateUp = activation.backward(dh, gateUp, activated);
    return throughNorm(
        norms.beforeMlp,
        kept.postAttention(),
        kept.postAttentionRms,
        normed -> backward(LoraTarget.GATE_UP, dGateUp, normed, kept));
  }

  private static NDArray backward(Added added, NDArray dSum, Added.Sum sum) {
    return added.backward(dSum, sum.output(), sum.rms());
  }

  /** The gradient of x, given a function from its normed values to their gradient. */
  private static NDArray throughNorm(
      @Nullable RmsNorm norm, NDArray x, @Nullable NDArray rms, UnaryOperator<NDArray> gradient) {
    if (norm == null || rms == null) {
      return gradient.apply(x);
    }
    return norm.backward(gradient.apply(norm.forward(x, rms)), x, rms);
  }

  private NDArray attentionBackward(NDArray dPostAttention, Activations kept, MicroBatch batch) {
    NDArray selected = kept.selection.select(kept.attended);
    NDArray dProjected = backward(attentionAdded, dPostAttention, kept.attentionAdded);
    NDArray dSelected = backward(LoraTarget.O, dProjected, selected, kept);
    NDArray dAttended = kept.selection.scatter(dSelected);
    NDArray dRotated = attention.backward(dAttended, kept.attended, kept.qkv, batch.attention());
    batch.rotaries().get(rotary).rotateBack(dRotated);
    NDArray dQkv =
        norms.queriesAndKeys == null || kept.queryKeys == null
            ? dRotated
            : norms.queriesAndKeys.backward(dRotated, kept.queryKeys);
    return throughNorm(
        norms.beforeAttention,
        kept.input,
        kept.inputRms,
        normed -> backward(LoraTarget.QKV, dQkv, normed, kept));
  }

  private NDArray backward(LoraTarget target, NDArray dOutput, NDArray input, Activations kept) {
    return projection(target).backward(dOutput, input, kept.loraHidden.get(target));
  }
}
