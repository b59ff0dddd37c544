// Generated Swift imports this module alone: what its signatures name comes with it.
@_exported public import CEL
@_exported public import PlumblineBundle
@_exported public import PlumblineJSON
@_exported public import PlumblineRuntime
