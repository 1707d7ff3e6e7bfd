package dev.whetstone.weights;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The dimensions and options of a decoder of the Llama family.
 *
 * @param architecture llama, mistral or qwen2
 * @param contextLength number of positions that the model was trained for
 * @param ropeTheta base of the rotary frequencies
 * @param ropeScaling null where the frequencies are not scaled
 * @param tiedEmbeddings whether the embedding also serves as output projection
 * @param qkvBias whether q, k and v have biases
 * @param eosIds tokens that end a completion, that of the chat template's end of turn first
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
    Set<Integer> eosIds) {
  public ModelConfig {
    eosIds = Collections.unmodifiableSet(new LinkedHashSet<>(eosIds));
  }

  /** The token that ends a turn of the chat template. */
  public int endOfTurn() {
    return eosIds.iterator().next();
  }
}
