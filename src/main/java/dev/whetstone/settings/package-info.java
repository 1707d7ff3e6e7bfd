/**
 * What settings and their checks share: {@link JsonSettings} reads a flat JSON object field by
 * field and refuses unknown ones, {@link EnumNames} names enum constants in files, {@link Checks}
 * refuses bad values. {@link InvalidSettingException} is what an operator sees as a message without
 * a stack trace. No threads, no state.
 */
@NullMarked
package dev.whetstone.settings;

import org.jspecify.annotations.NullMarked;
