/** A record that its state does not allow: a defect of ours or a damaged journal, never a peer's doing. */
export class IllegalRecordError extends Error {
  override readonly name = 'IllegalRecordError';
}
