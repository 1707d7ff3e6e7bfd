package dev.whetstone.lora;

/**
 * An input of a model's graph that belongs to a version.
 *
 * @param values float32, row-major
 */
public record AdapterInput(float[] values, long... shape) {}
