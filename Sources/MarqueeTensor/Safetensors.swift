/// A safetensors file is not what it should be.
public enum SafetensorsError: Error, Equatable {
    case wrongElement(expected: String, found: String)
}
