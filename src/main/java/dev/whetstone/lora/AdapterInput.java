package dev.whetstone.lora;

/**
 * A graph input whose values come from a version's adapter.
 *
 * @param values row-major, of {@code shape}
 */
public record AdapterInput(float[] values, long... shape) {}
