package dev.whetstone.weights;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The dimensions and options of a decoder.
 *
 * @param architecture Hugging Face's model_type, for files only
 * @param intermediateSize of an MLP, or of each expert
 * @param contextLength number of positions that the model was trained for
 * @param ropeTheta base of the rotary frequencies
 * @param ropeScaling null where the frequencies are not scaled
 * @param tiedEmbeddings whether the embedding also serves as output projection
 * @param qkvBias whether q, k and v have biases
 * @param eosIds tokens that end a completion, that of the chat template's end of turn first
 * @param design what distinguishes the decoder from Llama's
 */
public record ModelConfig(
    String architecture,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int vocabularySize,
    int contextLength,
    double rmsNormEpsilon,
    double ropeTheta,
    @Nullable RopeScaling ropeScaling,
    boolean tiedEmbeddings,
    boolean qkvBias,
    int bosId,
    Set<Integer> eosIds,
    DecoderDesign design) {
  public ModelConfig {
    eosIds = Collections.unmodifiableSet(new LinkedHashSet<>(eosIds));
  }

  /** The token that ends a turn of the chat template. */
  public int endOfTurn() {
    return eosIds.iterator().next();
  }

  /** The same model with another token that ends a turn; the former ends a completion still. */
  public ModelConfig withEndOfTurn(int id) {
    Set<Integer> ids = new LinkedHashSet<>();
    ids.add(id);
    ids.addAll(eosIds);
    return new ModelConfig(
        architecture,
        hiddenSize,
        intermediateSize,
        layers,
        heads,
        kvHeads,
        headDim,
        vocabularySize,
        contextLength,
        rmsNormEpsilon,
        ropeTheta,
        ropeScaling,
        tiedEmbeddings,
        qkvBias,
        bosId,
        ids,
        design);
  }

  /** The inner size of all MLPs that a token is fed to in a layer. */
  public int activeIntermediateSize() {
    return design.experts() == null
        ? intermediateSize
        : Math.multiplyExact(intermediateSize, design.experts().chosen());
  }

  /** The rotary embedding of all layers that have no other. */
  public Rope rope() {
    return new Rope(ropeTheta, ropeScaling);
  }

  /** The attention of a layer. */
  public DecoderDesign.Layer layer(int index) {
    return design.layers().isEmpty()
        ? new DecoderDesign.Layer(0, rope())
        : design.layers().get(index);
  }

  /** What attention scores are multiplied with. */
  public double attentionScale() {
    return design.attentionScale() == 0 ? 1 / Math.sqrt(headDim) : design.attentionScale();
  }

  /** The different windows of the layers, 0 for none, in the order of their first use. */
  public List<Integer> windows() {
    return IntStream.range(0, layers).mapToObj(i -> layer(i).window()).distinct().toList();
  }

  /** The different rotary embeddings of the layers, in the order of their first use. */
  public List<Rope> ropes() {
    return IntStream.range(0, layers)
        .mapToObj(index -> layer(index).rope())
        .filter(Objects::nonNull)
        .distinct()
        .toList();
  }
}
