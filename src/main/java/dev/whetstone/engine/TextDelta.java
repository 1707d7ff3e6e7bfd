package dev.whetstone.engine;

import dev.whetstone.engine.sampling.TokenLogprob;
import java.util.List;

/**
 * New text of one branch (completion) of a request. It never splits a UTF-8 sequence and never
 * contains the start of a stop sequence; the texts of a branch joined are the completion's text.
 *
 * @param branch index in the request
 * @param tokens ids sampled since the branch's last delta; may be empty in the last one
 * @param logps their log-probs in nats, same length
 * @param alternatives the most probable tokens at each position, one list a token; empty when the
 *     request asked for none
 */
public record TextDelta(
    int branch, String text, int[] tokens, float[] logps, List<List<TokenLogprob>> alternatives) {}
