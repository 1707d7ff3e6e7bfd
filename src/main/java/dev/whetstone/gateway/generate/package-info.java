/**
 * Generation, pairs, scores and tokens: {@code /generate}, {@code /score}, {@code /tokenize},
 * {@code /detokenize}. Begin with {@link GenerateResource}: it checks a request ({@code
 * GenerationPlan}), submits it to the engine ({@code GenerationService}) and stores a pair before
 * it is shown ({@code PairService}; table {@code pairs}, through {@code preference}). A request
 * blocks its own virtual thread; text comes from the engine's thread.
 */
@NullMarked
package dev.whetstone.gateway.generate;

import org.jspecify.annotations.NullMarked;
