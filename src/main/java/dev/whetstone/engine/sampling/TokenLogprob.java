package dev.whetstone.engine.sampling;

/** A token and its log-prob (natural logarithm). */
public record TokenLogprob(int token, float logp) {}
