package dev.whetstone.weights;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a decoder of the Llama family is made of.
 *
 * @param architecture llama, mistral or qwen2
 * @param contextLength most positions the model was trained for
 * @param ropeTheta base of the rotary frequencies
 * @param ropeScaling null where frequencies are used as they are
 * @param tiedEmbeddings whether the output projection is the embedding
 * @param qkvBias whether q, k and v have biases
 * @param eosIds tokens that end a completion
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
    eosIds = Set.copyOf(eosIds);
  }
}
