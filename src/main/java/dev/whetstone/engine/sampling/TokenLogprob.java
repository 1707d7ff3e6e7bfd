package dev.whetstone.engine.sampling;

/** A token and its log-prob in nats. */
public record TokenLogprob(int token, float logp) {}
